//! Which names of the core a plugin's code uses, however it spells them.

use fapilog_package::api_usage::{ApiUsage, analyse};

fn used(source: &str) -> ApiUsage {
    let mut usage = ApiUsage::default();
    analyse("acme.py", source.as_bytes(), &mut usage);
    assert_eq!(usage.unread, []);
    usage
}

fn names(source: &str) -> Vec<String> {
    let usage = used(source);
    usage.names().into_iter().map(str::to_owned).collect()
}

#[test]
fn every_spelling_of_an_import_leads_to_the_name() {
    for source in [
        "from fapilog.plugins import Sink\n",
        "from fapilog.plugins import Sink as Base\nclass A(Base): ...\n",
        "import fapilog.plugins\nclass A(fapilog.plugins.Sink): ...\n",
        "import fapilog.plugins as p\ndef f(): return p.Sink\n",
        "from fapilog import plugins\nx = plugins.Sink\n",
        "import fapilog\nP = fapilog.plugins\nx = P.Sink()\n",
        "import fapilog\nx = getattr(fapilog.plugins, 'Sink')\n",
        "from importlib import import_module\nx = import_module('fapilog.plugins').Sink\n",
        "x = __import__('fapilog').plugins.Sink\n",
        "import fapilog\ndef f(a: 'list[fapilog.plugins.Sink]') -> None: ...\n",
        "def f():\n    import fapilog as f\n    return [f.plugins.Sink for _ in ()]\n",
        "def f():\n    return p.Sink\nimport fapilog.plugins as p\n",
        "import fapilog\nmatch x:\n    case fapilog.plugins.Sink(): ...\n",
        "from fapilog.plugins import *\nclass A(Sink): ...\n",
        "import fapilog\nx = f'{fapilog.plugins.Sink:>{1}}'\n",
        "import fapilog\ndef f(x=fapilog.plugins.Sink): ...\n",
        "import fapilog\n@fapilog.plugins.Sink\ndef f(): ...\n",
        "import fapilog\nx = lambda: fapilog.plugins.Sink\n",
    ] {
        let found = names(source);
        assert!(
            found.iter().any(|name| name == "fapilog.plugins.Sink"),
            "{source}: {found:?}"
        );
    }
}

#[test]
fn other_things_of_the_same_name_are_no_use() {
    for source in [
        "from .fapilog import plugins\nplugins.Sink\n",
        "from fapilog_acme import plugins\nplugins.Sink\n",
        "import fapilogger\nfapilogger.plugins.Sink\n",
        "def f(fapilog): return fapilog.plugins.Sink\n",
        "import fapilog\ndef f():\n    fapilog = 1\n    return fapilog.plugins.Sink\n",
        "import fapilog\nx = lambda fapilog: fapilog.plugins.Sink\n",
        "x = 'fapilog.plugins.Sink'\n",
        "# import fapilog.plugins.Sink\n",
        "class fapilog:\n    plugins = None\nfapilog.plugins.Sink\n",
    ] {
        let found = names(source);
        assert!(
            !found.iter().any(|name| name == "fapilog.plugins.Sink"),
            "{source}: {found:?}"
        );
    }
}

#[test]
fn what_the_code_can_do_without_is_optional() {
    for source in [
        "try:\n    from fapilog.plugins import New\nexcept ImportError:\n    New = None\n",
        "try:\n    import fapilog\n    New = fapilog.plugins.New\nexcept (AttributeError, KeyError):\n    pass\n",
        "import fapilog\nx = getattr(fapilog.plugins, 'New', None)\n",
        "import fapilog\nif hasattr(fapilog.plugins, 'New'):\n    x = fapilog.plugins.New\n",
    ] {
        let usage = used(source);
        let of_new: Vec<_> = usage
            .uses
            .iter()
            .filter(|found| found.name.ends_with("New"))
            .collect();
        assert!(
            !of_new.is_empty() && of_new.iter().all(|found| found.optional),
            "{source}"
        );
    }
    let raised =
        used("try:\n    from fapilog.plugins import New\nexcept ImportError:\n    raise\n");
    assert!(raised.uses.iter().all(|found| !found.optional));
}

#[test]
fn what_only_type_checkers_see_is_told_apart() {
    let usage = used(
        "import typing\nif typing.TYPE_CHECKING:\n    from fapilog.plugins import Old\nelse:\n    from fapilog.plugins import Used\n",
    );
    let typing: Vec<_> = usage
        .uses
        .iter()
        .filter(|found| found.typing_only)
        .map(|found| found.name.as_str())
        .collect();
    assert_eq!(typing, ["fapilog.plugins.Old"]);
    assert_eq!(usage.uses.len(), 2);
}

#[test]
fn internal_names_lines_and_versions_are_told() {
    let usage = used(
        "import fapilog\n\nclass A:\n    API_VERSION = (1, 2)\n    x = fapilog._engine.push\n",
    );
    let internal: Vec<_> = usage
        .uses
        .iter()
        .filter(|found| found.is_internal())
        .collect();
    assert_eq!(internal.len(), 1);
    assert_eq!(
        (internal[0].name.as_str(), internal[0].line),
        ("fapilog._engine.push", 5)
    );
    assert_eq!(usage.api_versions.into_iter().collect::<Vec<_>>(), [(1, 2)]);
    assert!(
        !used("import fapilog\nfapilog.__version__\n")
            .uses
            .iter()
            .any(|found| found.is_internal())
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let mut usage = ApiUsage::default();
    analyse("bad.py", b"import (\n", &mut usage);
    analyse("deep.py", "-".repeat(100_000).as_bytes(), &mut usage);
    assert_eq!(usage.files, 0);
    assert_eq!(usage.unread.len(), 2, "{:?}", usage.unread);
}
