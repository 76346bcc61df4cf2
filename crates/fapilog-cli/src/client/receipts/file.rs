//! Which file of a version lies in an environment.

use fapilog_market_api::FileInfo;
use fapilog_package::filename::WheelFilename;

use crate::client::Distribution;

/// The one wheel whose tags and `METADATA` are those that the installer left; nothing when none or
/// several are, and for what came from no index.
pub fn of<'a>(installed: &Distribution, files: &'a [FileInfo]) -> Option<&'a FileInfo> {
    let left = installed.wheel.as_ref()?;
    if installed.origin.is_some() {
        return None;
    }
    let mut fitting = files.iter().filter(|file| {
        let name = WheelFilename::parse(&file.filename);
        file.metadata_sha256.as_ref() == Some(&left.metadata_sha256)
            && name.is_ok_and(|name| name.tags == left.tags)
    });
    let found = fitting.next()?;
    fitting.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn installed(tags: &[&str], metadata: &str, origin: Option<&str>) -> Distribution {
        serde_json::from_value(json!({
            "name": "fapilog-acme", "version": "1.0", "origin": origin,
            "wheel": {"metadata_sha256": metadata, "tags": tags},
        }))
        .unwrap()
    }

    fn files() -> Vec<FileInfo> {
        let file = |name: &str, metadata: Option<&str>| {
            serde_json::from_value(json!({
                "filename": name, "url": "", "sha256": name, "size_bytes": 1,
                "filetype": "bdist_wheel", "published": "", "metadata_sha256": metadata,
            }))
            .unwrap()
        };
        vec![
            file("fapilog_acme-1.0-py2.py3-none-any.whl", Some("aa")),
            file("fapilog_acme-1.0-cp312-abi3-win_amd64.whl", Some("aa")),
            file("fapilog_acme-1.0-1-cp313-abi3-win_amd64.whl", Some("aa")),
            file("fapilog_acme-1.0-2-cp313-abi3-win_amd64.whl", Some("aa")),
            file("fapilog_acme-1.0.tar.gz", None),
        ]
    }

    #[test]
    fn tags_and_metadata_name_the_one_file_or_none() {
        let files = files();
        let found = |tags: &[&str], metadata: &str, origin| {
            of(&installed(tags, metadata, origin), &files).map(|file| file.filename.as_str())
        };
        let both: &[&str] = &["py2-none-any", "py3-none-any"];
        assert_eq!(
            found(both, "aa", None),
            Some("fapilog_acme-1.0-py2.py3-none-any.whl")
        );
        assert_eq!(found(both, "bb", None), None, "other bytes");
        assert_eq!(found(&["py3-none-any"], "aa", None), None, "built here");
        assert_eq!(found(&["cp313-abi3-win_amd64"], "aa", None), None, "two");
        assert_eq!(found(both, "aa", Some("-e file:///x")), None, "a folder");
    }
}
