//! What the plugins of a package can be told, as its source says.

use crate::package::{Package, Summary};
use crate::python::fact::Class;
use crate::python::settings::Field;
use crate::report::{Configuration, ConfigurationOption};

/// Most plugins of a package whose options are told.
const MOST_PLUGINS: usize = 32;
/// Most classes that are looked at for one of them, as they inherit from each other.
const MOST_CLASSES: usize = 16;
/// Most options of one plugin.
const MOST_OPTIONS: usize = 64;
/// Most bytes of all texts together; plugins for which there is no room are left out.
const MOST_BYTES: usize = 64 * 1024;

/// The options of each plugin whose class names its `Config`.
pub(crate) fn of(package: &Package) -> Vec<Configuration> {
    let told = package.plugins().take(MOST_PLUGINS).filter_map(|entry| {
        let (module, name) = entry.value.split_once(':')?;
        let options = options(package, module, name)?;
        Some(Configuration {
            plugin: entry.name.clone(),
            options: options.into_iter().map(told).collect(),
        })
    });
    let mut room = MOST_BYTES;
    let fits = |one: &Configuration| match room.checked_sub(size(one)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    told.filter(|one| !one.options.is_empty())
        .filter(fits)
        .collect()
}

fn size(configuration: &Configuration) -> usize {
    let of_text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let of_option = |option: &ConfigurationOption| {
        option.name.len()
            + option.annotation.len()
            + of_text(&option.default)
            + of_text(&option.description)
    };
    configuration.options.iter().map(of_option).sum()
}

fn options(package: &Package, module: &str, name: &str) -> Option<Vec<Field>> {
    let (summary, class) = found(package, module, name)?;
    match &class.config {
        Some(config) => {
            let (summary, config) = found(package, &summary.dotted, config)?;
            let mut fields = Vec::new();
            let mut classes_left = MOST_CLASSES;
            gather(package, summary, config, &mut classes_left, &mut fields);
            fields.truncate(MOST_OPTIONS);
            Some(fields)
        }
        None => Some(class.config_fields.clone()),
    }
}

/// Fields of bases come first, as constructors take them; one that is stated anew stands where it stood.
fn gather(
    package: &Package,
    summary: &Summary,
    class: &Class,
    classes_left: &mut usize,
    fields: &mut Vec<Field>,
) {
    for base in &class.bases {
        let Some(left) = classes_left.checked_sub(1) else {
            break;
        };
        *classes_left = left;
        let name = base.rsplit_once('.').map_or(&**base, |(_, name)| name);
        if let Some((summary, base)) = found(package, &summary.dotted, name) {
            gather(package, summary, base, classes_left, fields);
        }
    }
    for field in &class.fields {
        put(fields, field.clone());
    }
}

fn put(fields: &mut Vec<Field>, field: Field) {
    match fields.iter_mut().find(|known| known.name == field.name) {
        Some(known) => *known = field,
        None => fields.push(field),
    }
}

fn found<'p>(
    package: &'p Package,
    module: &str,
    name: &'p str,
) -> Option<(&'p Summary, &'p Class)> {
    let (summary, name) = package.class(module, name)?;
    let mut classes = summary.classes.iter().map(|(class, _)| class);
    let class = classes.find(|class| *class.name == *name)?;
    Some((summary, class))
}

fn told(field: Field) -> ConfigurationOption {
    ConfigurationOption {
        name: field.name,
        annotation: field.annotation,
        default: field.default,
        description: field.description,
    }
}
