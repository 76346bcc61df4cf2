//! SPDX 2.3 in JSON (ISO/IEC 5962 is its version 2.2.1).

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::bill::{Bill, Dependency};
use super::{Component, MAX_COMPONENTS};

/// Stands for a time that isn't known, as in archives without one.
const NO_TIME: &str = "1980-01-01T00:00:00Z";
const SUBJECT: &str = "SPDXRef-Package";

pub(super) fn document(bill: &Bill) -> Value {
    let mut packages = vec![subject(bill)];
    packages.extend(
        bill.dependencies
            .iter()
            .enumerate()
            .map(|(index, one)| required(index, one)),
    );
    let files: Vec<Value> = bill
        .files
        .iter()
        .enumerate()
        .map(|(index, file)| {
            json!({
                "SPDXID": format!("SPDXRef-File-{index}"),
                "fileName": format!("./{}", file.path),
                "checksums": [
                    {"algorithm": "SHA1", "checksumValue": file.sha1},
                    {"algorithm": "SHA256", "checksumValue": file.sha256},
                ],
                "licenseConcluded": "NOASSERTION",
                "copyrightText": "NOASSERTION",
            })
        })
        .collect();
    let name = bill.filename.trim_end_matches(".whl");
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": format!("urn:fapilog:sbom:{name}:{}", super::bill::hex(&bill.digest())),
        "creationInfo": {
            "created": bill.created.as_deref().unwrap_or(NO_TIME),
            "creators": [format!("Tool: fapilog-package-{}", env!("CARGO_PKG_VERSION"))],
        },
        "packages": packages,
        "files": files,
        "relationships": relationships(bill),
    })
}

fn subject(bill: &Bill) -> Value {
    let metadata = &bill.metadata;
    let licence = metadata.license_expression.as_deref();
    let mut package = json!({
        "SPDXID": SUBJECT,
        "name": metadata.project.as_str(),
        "versionInfo": metadata.version.to_string(),
        "packageFileName": bill.filename,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": true,
        "packageVerificationCode": {"packageVerificationCodeValue": verification_code(bill)},
        "licenseConcluded": "NOASSERTION",
        // References to licences of its own would have to be explained with their text.
        "licenseDeclared": licence.filter(|text| !text.contains("LicenseRef-")).unwrap_or("NOASSERTION"),
        "licenseInfoFromFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
        "externalRefs": [reference(&bill.purl())],
    });
    if let (Some(summary), Some(object)) = (&metadata.summary, package.as_object_mut()) {
        object.insert("summary".into(), json!(summary));
    }
    package
}

/// The digest of all digests, as section 7.9 of the specification says.
fn verification_code(bill: &Bill) -> String {
    let mut digests: Vec<&str> = bill.files.iter().map(|file| file.sha1.as_str()).collect();
    digests.sort_unstable();
    super::bill::hex(&Sha1::digest(digests.concat()))
}

fn reference(purl: &str) -> Value {
    json!({"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl})
}

fn required(index: usize, dependency: &Dependency) -> Value {
    let purl = match &dependency.version {
        Some(version) => format!("pkg:pypi/{}@{version}", dependency.project),
        None => format!("pkg:pypi/{}", dependency.project),
    };
    let mut package = json!({
        "SPDXID": format!("SPDXRef-Requirement-{index}"),
        "name": dependency.project,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "comment": format!("Requires-Dist: {}", dependency.requirement),
        "externalRefs": [reference(&purl)],
    });
    if let (Some(version), Some(object)) = (&dependency.version, package.as_object_mut()) {
        object.insert("versionInfo".into(), json!(version));
    }
    package
}

fn relationships(bill: &Bill) -> Vec<Value> {
    let relation = |one: &str, kind: &str, other: &str| json!({"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other});
    let mut all = vec![relation("SPDXRef-DOCUMENT", "DESCRIBES", SUBJECT)];
    for index in 0..bill.files.len() {
        all.push(relation(
            SUBJECT,
            "CONTAINS",
            &format!("SPDXRef-File-{index}"),
        ));
    }
    for (index, dependency) in bill.dependencies.iter().enumerate() {
        let required = format!("SPDXRef-Requirement-{index}");
        all.push(if dependency.optional {
            relation(&required, "OPTIONAL_DEPENDENCY_OF", SUBJECT)
        } else {
            relation(SUBJECT, "DEPENDS_ON", &required)
        });
    }
    all
}

/// What a bill lists, without the package that it describes.
pub(super) fn components(document: &Value) -> Vec<Component> {
    let list = |key: &str| {
        document
            .get(key)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let described: Vec<&Value> = list("relationships")
        .iter()
        .filter(|one| one.get("relationshipType").and_then(Value::as_str) == Some("DESCRIBES"))
        .filter_map(|one| one.get("relatedSpdxElement"))
        .chain(list("documentDescribes"))
        .collect();
    let mut found: Vec<Component> = list("packages")
        .iter()
        .filter(|package| {
            package
                .get("SPDXID")
                .is_none_or(|id| !described.contains(&id))
        })
        .take(MAX_COMPONENTS)
        .map(|package| {
            let text = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
            let references = package.get("externalRefs").and_then(Value::as_array);
            let purl = references
                .into_iter()
                .flatten()
                .find(|one| one.get("referenceType").and_then(Value::as_str) == Some("purl"));
            Component {
                name: text("name").unwrap_or_default(),
                version: text("versionInfo"),
                purl: purl
                    .and_then(|one| one.get("referenceLocator"))
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                licence: text("licenseDeclared").filter(|text| text != "NOASSERTION"),
            }
        })
        .collect();
    found.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    found
}
