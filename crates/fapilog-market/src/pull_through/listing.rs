//! What another index tells of a project. Only this is taken over: its pages are never passed on.

use std::str::FromStr as _;

use fapilog_package::filename::DistributionFilename;
use fapilog_package::name::ProjectName;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::html;

/// Most files of one project; the largest on the public index has some ten thousand.
const MAX_FILES: usize = 50_000;

/// A file that another index has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UpstreamFile {
    pub filename: String,
    pub version: String,
    pub url: Url,
    pub sha256: String,
    pub requires_python: Option<String>,
    pub size: Option<i64>,
    pub upload_time: Option<String>,
    /// `None`: not yanked; otherwise the reason, which may be empty.
    pub yanked: Option<String>,
    pub metadata_sha256: Option<String>,
}

/// One file as an index writes it (PEP 691), or as an anchor says it (PEP 503).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Told {
    pub filename: String,
    pub url: String,
    pub hashes: Hashes,
    pub requires_python: Option<String>,
    pub size: Option<i64>,
    pub upload_time: Option<String>,
    pub yanked: Yanked,
    /// `true`, or an object of digests.
    pub core_metadata: Value,
    pub data_dist_info_metadata: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Hashes {
    pub sha256: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Yanked {
    Plain(bool),
    Reason(String),
}

impl Default for Yanked {
    fn default() -> Self {
        Self::Plain(false)
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    files: Vec<Value>,
}

/// Reads a page in the form that its content type says.
pub(super) fn read(
    project: &ProjectName,
    base: &Url,
    content_type: &str,
    body: &[u8],
) -> Result<Vec<UpstreamFile>, String> {
    let told: Vec<Told> = if content_type.contains("json") {
        let page: Page = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        // One file that can't be understood doesn't hide the others.
        let read = page.files.into_iter().map(serde_json::from_value);
        read.filter_map(Result::ok).collect()
    } else if content_type.contains("html") {
        html::anchors(&String::from_utf8_lossy(body))
    } else {
        return Err(format!("its content type is `{content_type}`"));
    };
    let files = told.into_iter().take(MAX_FILES);
    Ok(files
        .filter_map(|file| accept(project, base, file))
        .collect())
}

/// Only files of this very project, whose names and digests are right, are taken over.
fn accept(project: &ProjectName, base: &Url, told: Told) -> Option<UpstreamFile> {
    let name = DistributionFilename::parse(&told.filename).ok()?;
    let sha256 = told.hashes.sha256.filter(|digest| is_digest(digest))?;
    let url = base.join(&told.url).ok()?;
    let right = name.project() == project && matches!(url.scheme(), "http" | "https");
    let requires_python = told
        .requires_python
        .filter(|range| pep440_rs::VersionSpecifiers::from_str(range).is_ok());
    let metadata = digest_in(&told.core_metadata);
    right.then(|| UpstreamFile {
        version: name.version().to_string(),
        filename: told.filename,
        url,
        sha256: sha256.to_ascii_lowercase(),
        requires_python,
        size: told.size,
        upload_time: told.upload_time.filter(|time| is_time(time)),
        yanked: match told.yanked {
            Yanked::Plain(false) => None,
            Yanked::Plain(true) => Some(String::new()),
            Yanked::Reason(reason) => Some(reason),
        },
        metadata_sha256: metadata.or_else(|| digest_in(&told.data_dist_info_metadata)),
    })
}

fn digest_in(metadata: &Value) -> Option<String> {
    let digest = metadata.get("sha256")?.as_str()?;
    is_digest(digest).then(|| digest.to_ascii_lowercase())
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_time(text: &str) -> bool {
    jiff::Timestamp::from_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_project_with_a_digest_are_taken_over() {
        let digest = "ab".repeat(32);
        let file = |name: &str, hashes: &str| {
            format!("{{\"filename\": \"{name}\", \"url\": \"f/{name}\", \"hashes\": {hashes}}}")
        };
        let right = format!("{{\"sha256\": \"{digest}\"}}");
        let files = [
            file("acme-1.0-py3-none-any.whl", &right),
            file("other-1.0-py3-none-any.whl", &right),
            file("acme-2.0-py3-none-any.whl", "{\"md5\": \"x\"}"),
            file("acme-3.0-py3-none-any.whl", "{\"sha256\": \"../../etc\"}"),
            file("../acme-4.0-py3-none-any.whl", &right),
            "17".to_owned(),
        ];
        let body = format!("{{\"files\": [{}]}}", files.join(","));
        let base = Url::parse("https://index.test/simple/acme/").unwrap();
        let name = ProjectName::parse("acme").unwrap();
        let read = read(&name, &base, "application/json", body.as_bytes()).unwrap();
        assert_eq!(read.len(), 1);
        let url = "https://index.test/simple/acme/f/acme-1.0-py3-none-any.whl";
        assert_eq!(read[0].url.as_str(), url);
    }

    #[test]
    fn anchors_say_the_same() {
        let digest = "ab".repeat(32);
        let body = format!(
            "<html><body><script>x</script><a href=\"f/acme-1.0.tar.gz#sha256={digest}\" \
             data-requires-python=\"&gt;=3.10\" data-yanked=\"bad &amp; old\">acme-1.0.tar.gz</a>"
        );
        let base = Url::parse("https://index.test/simple/acme/").unwrap();
        let name = ProjectName::parse("acme").unwrap();
        let read = read(&name, &base, "text/html", body.as_bytes()).unwrap();
        assert_eq!(read[0].requires_python.as_deref(), Some(">=3.10"));
        assert_eq!(read[0].yanked.as_deref(), Some("bad & old"));
        assert_eq!(read[0].sha256, digest);
    }
}
