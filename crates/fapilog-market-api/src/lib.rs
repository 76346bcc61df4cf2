#![doc = include_str!("../README.md")]

pub mod plugin;
pub mod problem;
pub mod receipt;
pub mod resolve;
pub mod review;
pub mod search;
pub mod webhook;

pub use plugin::{
    Advisory, CoreCompatibility, EntryPoint, FileInfo, Link, PluginConfiguration, PluginInfo,
    PluginOption, ScanSummary, VersionInfo, Yank,
};
pub use problem::Problem;
pub use receipt::{KeyEnd, NewReceiptKey, Receipt, ReceiptKey, Signed, Statement};
pub use resolve::{DistributionName, Resolution, Resolved, VersionText};
pub use review::{RatingSummary, Review, ReviewPage};
pub use search::{FacetCounts, FacetValue, SearchHit, SearchPage};
pub use webhook::{
    Delivery, DeliveryList, NewDelivery, NewWebhook, Webhook, WebhookList, WebhookTopic,
};
