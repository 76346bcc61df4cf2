//! CycloneDX 1.6 in JSON (ECMA-424).

use serde_json::{Map, Value, json};

use super::bill::{Bill, Dependency};
use super::{Component, MAX_COMPONENTS};

pub(super) fn document(bill: &Bill) -> Value {
    let subject = bill.purl();
    let mut metadata = json!({
        "component": subject_component(bill, &subject),
        "tools": {"components": [
            {"type": "application", "name": "fapilog-package", "version": env!("CARGO_PKG_VERSION")}
        ]},
    });
    if let (Some(created), Some(object)) = (&bill.created, metadata.as_object_mut()) {
        object.insert("timestamp".into(), json!(created));
    }
    let required: Vec<Value> = bill.dependencies.iter().map(required_component).collect();
    let references: Vec<String> = bill.dependencies.iter().map(reference).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(bill),
        "version": 1,
        "metadata": metadata,
        "components": required,
        "dependencies": [{"ref": subject, "dependsOn": unique(references)}],
    })
}

fn subject_component(bill: &Bill, reference: &str) -> Value {
    let metadata = &bill.metadata;
    let files: Vec<Value> = bill
        .files
        .iter()
        .map(|file| {
            json!({
                "type": "file",
                "bom-ref": format!("file:{}", file.path),
                "name": file.path,
                "hashes": [{"alg": "SHA-256", "content": file.sha256}],
            })
        })
        .collect();
    let mut component = Map::new();
    component.insert("type".into(), json!("library"));
    component.insert("bom-ref".into(), json!(reference));
    component.insert("name".into(), json!(metadata.project.as_str()));
    component.insert("version".into(), json!(metadata.version.to_string()));
    component.insert("purl".into(), json!(reference));
    if let Some(summary) = &metadata.summary {
        component.insert("description".into(), json!(summary));
    }
    if let Some(expression) = &metadata.license_expression {
        component.insert("licenses".into(), json!([{"expression": expression}]));
    } else if let Some(name) = metadata.license.as_deref().and_then(one_line) {
        component.insert("licenses".into(), json!([{"license": {"name": name}}]));
    }
    let addresses: Vec<Value> = metadata
        .project_urls
        .iter()
        .filter(|(_, url)| is_address(url))
        .map(|(label, url)| json!({"type": address_type(label), "url": url, "comment": label}))
        .collect();
    if !addresses.is_empty() {
        component.insert("externalReferences".into(), json!(addresses));
    }
    component.insert("components".into(), json!(files));
    Value::Object(component)
}

fn reference(dependency: &Dependency) -> String {
    let purl = purl(dependency);
    // Two lines about one project, for two extras or platforms, are two components.
    format!("{purl}#{}", dependency.requirement)
}

fn purl(dependency: &Dependency) -> String {
    match &dependency.version {
        Some(version) => format!("pkg:pypi/{}@{version}", dependency.project),
        None => format!("pkg:pypi/{}", dependency.project),
    }
}

fn required_component(dependency: &Dependency) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(dependency),
        "name": dependency.project,
        "purl": purl(dependency),
        "scope": if dependency.optional { "optional" } else { "required" },
        "properties": [{"name": "fapilog:requires-dist", "value": dependency.requirement}],
    });
    if let (Some(version), Some(object)) = (&dependency.version, component.as_object_mut()) {
        object.insert("version".into(), json!(version));
    }
    component
}

/// The schema wants each reference once.
fn unique(mut references: Vec<String>) -> Vec<String> {
    references.sort();
    references.dedup();
    references
}

/// A UUID made of the bill's own digest (version 8 of RFC 9562), so that it is the same again.
fn serial_number(bill: &Bill) -> String {
    let mut bytes: Vec<u8> = bill.digest().into_iter().take(16).collect();
    for (at, kept, set) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *byte & kept | set;
        }
    }
    let text = super::bill::hex(&bytes);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32)
    )
}

fn one_line(text: &str) -> Option<&str> {
    text.lines()
        .next()
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// Addresses as the schema's `iri-reference` wants them: what else stands there is left out.
fn is_address(url: &str) -> bool {
    let plain = |c: char| {
        c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
    };
    url.starts_with("https://") && url.chars().all(plain)
        || url.starts_with("http://") && url.chars().all(plain)
}

fn address_type(label: &str) -> &'static str {
    // The well-known labels of the packaging guide, without blanks and case.
    let label: String = label
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match label.as_str() {
        "homepage" => "website",
        "source" | "repository" | "sourcecode" | "github" => "vcs",
        "issues" | "bugs" | "tracker" | "issuetracker" | "bugtracker" => "issue-tracker",
        "documentation" | "docs" => "documentation",
        "changelog" | "changes" | "releasenotes" | "whatsnew" | "history" => "release-notes",
        _ => "other",
    }
}

/// What a bill lists: components and those inside of them.
pub(super) fn components(document: &Value) -> Vec<Component> {
    let mut found = Vec::new();
    let mut open: Vec<&Value> = Vec::new();
    let children = |value: &Value| -> Vec<Value> {
        value
            .get("components")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let top = children(document);
    let subject = document
        .pointer("/metadata/component")
        .map(children)
        .unwrap_or_default();
    open.extend(top.iter().chain(&subject));
    while let Some(value) = open.pop() {
        if found.len() == MAX_COMPONENTS {
            break;
        }
        if let Some(inner) = value.get("components").and_then(Value::as_array) {
            open.extend(inner);
        }
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        if text("type").as_deref() == Some("file") {
            continue;
        }
        found.push(Component {
            name: text("name").unwrap_or_default(),
            version: text("version"),
            purl: text("purl"),
            licence: licence(value),
        });
    }
    found.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    found
}

fn licence(component: &Value) -> Option<String> {
    let licences = component.get("licenses")?.as_array()?;
    let texts: Vec<&str> = licences
        .iter()
        .filter_map(|one| {
            one.get("expression")
                .or_else(|| one.pointer("/license/id"))
                .or_else(|| one.pointer("/license/name"))
                .and_then(Value::as_str)
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join(" AND "))
}
