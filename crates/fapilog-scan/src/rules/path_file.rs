//! `path-file`

use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "path-file",
    family: Family::Security,
    severity: Severity::Error,
    title: "no `.pth` file runs code",
    reason: "A line of a `.pth` file that begins with `import` runs whenever any Python starts.",
    hint: "leave the file out; for editable installs the build backend makes its own",
    threat: Some(Threat {
        stage: Stage::Trigger,
        specificity: 10,
    }),
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    for (path, text) in package
        .texts
        .iter()
        .filter(|(path, _)| path.ends_with(".pth"))
    {
        let top = !path.contains('/')
            || path.contains(".data/purelib/")
            || path.contains(".data/platlib/")
            || path.contains(".data/data/");
        let runs = text
            .lines()
            .any(|line| line.starts_with("import ") || line.starts_with("import\t"));
        if runs {
            found.file(path, "it runs code whenever Python starts");
        } else if top {
            found.file_as(
                Severity::Warning,
                path,
                "it adds to the path of every Python",
            );
        }
    }
}
