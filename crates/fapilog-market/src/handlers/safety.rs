//! What a plugin's page says of the scan: the verdict, what the code uses, and known vulnerabilities.

use fapilog_package::name::ProjectName;

use crate::advisories;
use crate::catalogue::judgement::Judgement;
use crate::error::MarketError;
use crate::market::Market;
use crate::queries::files::FileRow;
use crate::queries::releases::ReleaseHead;
use crate::queries::scans;

/// The panel about the scan.
#[derive(Debug)]
pub struct Safety {
    /// How the version's files were judged, taken together.
    pub judged: Option<Judgement>,
    /// The version before, when it was judged.
    pub since: Option<String>,
    /// What the version does that the one before did not.
    pub gained: Vec<String>,
    /// Known vulnerabilities of this version: id and one line each.
    pub advisories: Vec<(String, String)>,
    /// Wheels, which have a bill of materials, and other files that were judged.
    pub documents: Vec<Document>,
}

/// What can be read of one file.
#[derive(Debug)]
pub struct Document {
    /// The file.
    pub filename: String,
    /// Whether there is a bill of materials.
    pub has_sbom: bool,
}

impl Safety {
    /// Looks it up.
    ///
    /// # Errors
    ///
    /// `internal`.
    pub async fn of(
        market: &Market,
        name: &ProjectName,
        version: &str,
        heads: &[ReleaseHead],
        files: &[FileRow],
    ) -> Result<Self, MarketError> {
        let scans = scans::of_project(&market.database, name.as_str()).await?;
        let judged = Judgement::of_version(version, files, &scans);
        let at = heads.iter().position(|head| head.version == version);
        let before = at.and_then(|at| heads.get(at + 1));
        let old = before.and_then(|head| Judgement::of_version(&head.version, files, &scans));
        let gained = judged.as_ref().zip(old.as_ref());
        let own = files.iter().filter(|file| file.version == version);
        let documents = own.filter(|file| scans.iter().any(|scan| scan.filename == file.filename));
        Ok(Self {
            since: before
                .filter(|_| old.is_some())
                .map(|head| head.version.clone()),
            gained: gained.map(|(new, old)| new.gained(old)).unwrap_or_default(),
            advisories: advisories::of_release(&market.scanner, name.as_str(), version),
            documents: documents
                .map(|file| Document {
                    filename: file.filename.clone(),
                    has_sbom: file.filetype == "bdist_wheel",
                })
                .collect(),
            judged,
        })
    }
}
