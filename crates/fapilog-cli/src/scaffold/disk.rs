//! How a rendered plugin reaches the disk: all of it, or nothing.

use std::fs;
use std::io;
use std::path::Path;

use super::RenderedFile;
use crate::failure::Failure;

/// Writes the files to `target`, a folder directly below `parent`.
///
/// They are written to a temporary folder beside it which is then renamed, so that a full disk or
/// an interruption never leaves half a plugin.
pub fn write(parent: &Path, target: &Path, files: &[RenderedFile]) -> Result<(), Failure> {
    if !parent.is_dir() {
        return Err(Failure::MissingParent {
            path: parent.to_owned(),
        });
    }
    if !is_free(target) {
        return Err(Failure::TargetExists {
            path: target.to_owned(),
        });
    }
    let unwritable = |source| Failure::Unwritable {
        path: target.to_owned(),
        source,
    };
    let temporary = tempfile::Builder::new()
        .prefix(".fapilog-new-")
        .tempdir_in(parent)
        .map_err(unwritable)?;
    // One level deeper: the temporary folder is closed to others, the plugin's should not be.
    let staged = temporary.path().join("plugin");
    write_files(&staged, files).map_err(unwritable)?;
    // Fails when something was put there meanwhile; an empty folder makes way.
    let _ = fs::remove_dir(target);
    fs::rename(&staged, target).map_err(|source| match source.kind() {
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => Failure::TargetExists {
            path: target.to_owned(),
        },
        _ => unwritable(source),
    })
}

/// Whether nothing is at the path, or an empty folder (links are not followed).
fn is_free(target: &Path) -> bool {
    match fs::symlink_metadata(target) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(metadata) => {
            metadata.is_dir()
                && fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none())
        }
    }
}

fn write_files(folder: &Path, files: &[RenderedFile]) -> io::Result<()> {
    fs::create_dir(folder)?;
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &file.content)?;
    }
    Ok(())
}

/// The path as one word of a shell command.
pub fn quoted(path: &Path) -> String {
    let mut text = path.display().to_string();
    if text.starts_with('-') {
        // A command would take it for an option, quoted or not.
        text.insert_str(0, "./");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-\\:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else if cfg!(windows) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_file() -> Vec<RenderedFile> {
        vec![RenderedFile {
            path: "src/a.py".to_owned(),
            content: "a = 1\n".to_owned(),
        }]
    }

    #[test]
    fn an_empty_folder_makes_way_and_nothing_else_is_left_behind() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("fapilog-acme");
        fs::create_dir(&target).unwrap();
        write(parent.path(), &target, &one_file()).unwrap();
        assert_eq!(
            fs::read_to_string(target.join("src/a.py")).unwrap(),
            "a = 1\n"
        );
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_there_already_stays_as_it_is() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("fapilog-acme");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("mine"), "mine").unwrap();
        let failure = write(parent.path(), &target, &one_file()).unwrap_err();
        assert_eq!(failure.id(), "folder-exists");
        assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("fapilog-acme");
        let mut files = one_file();
        // A file where the next one needs a folder.
        files.push(RenderedFile {
            path: "src/a.py/b.py".to_owned(),
            content: String::new(),
        });
        let failure = write(parent.path(), &target, &files).unwrap_err();
        assert_eq!(failure.id(), "folder-not-writable");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    #[cfg(unix)]
    fn a_dangling_link_is_not_written_through() {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("fapilog-acme");
        std::os::unix::fs::symlink("/nonexistent/elsewhere", &target).unwrap();
        assert_eq!(
            write(parent.path(), &target, &one_file()).unwrap_err().id(),
            "folder-exists"
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_path_becomes_one_word_of_the_shell() {
        assert_eq!(quoted(Path::new("./fapilog-acme")), "./fapilog-acme");
        assert_eq!(quoted(Path::new("it's here/x")), "'it'\\''s here/x'");
    }
}
