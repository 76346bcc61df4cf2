//! After a crash: what a process had written of the lines that it was about to append.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::journal::Intent;

/// How much other processes may have appended in front of the lines; beyond that they are not
/// looked for and written again.
const OTHERS_BYTES: u64 = 4 * 1024 * 1024;

/// How many of the lines are in the file, from the first on. The one that was being written is
/// completed if nothing came after it.
///
/// # Errors
/// What the system said; none is known to be there then.
pub(super) fn reconcile(path: &Path, intent: &Intent, lines: &[&[u8]]) -> std::io::Result<usize> {
    let Some((mut file, is_current)) = find(path, intent.file)? else {
        return Ok(0);
    };
    let expected: u64 = lines.iter().map(|line| line.len() as u64).sum();
    let mut written = Vec::new();
    file.seek(SeekFrom::Start(intent.offset))?;
    (&mut file)
        .take(expected + OTHERS_BYTES)
        .read_to_end(&mut written)?;
    let (mut whole, rest) = count_written(&written, lines);
    // Only what stands at the end of the file that is still written to can be gone on with.
    if let Some(missing) = rest
        && is_current
        && file.read(&mut [0])? == 0
    {
        file.write_all(missing)?;
        whole += 1;
    }
    Ok(whole)
}

/// The file that lines were going to, also if it was rotated meanwhile, and whether it is the one
/// that has the path now.
fn find(path: &Path, identity: (u64, u64)) -> std::io::Result<Option<(File, bool)>> {
    let is_it = |path: &PathBuf| {
        std::fs::metadata(path)
            .is_ok_and(|there| there.is_file() && (there.dev(), there.ino()) == identity)
    };
    let mut open = OpenOptions::new();
    open.read(true).append(true);
    let path = path.to_owned();
    if is_it(&path) {
        return Ok(Some((open.open(path)?, true)));
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    for entry in folder.unwrap_or_else(|| Path::new(".")).read_dir()? {
        let sibling = entry?.path();
        if is_it(&sibling) {
            return Ok(Some((open.open(sibling)?, false)));
        }
    }
    Ok(None)
}

/// How many lines stand in what was written, one after the other from the first on; and what is
/// missing of the next one when what was written ends in the middle of it.
fn count_written<'a>(written: &[u8], lines: &[&'a [u8]]) -> (usize, Option<&'a [u8]>) {
    let Some(start) = start_of(written, lines) else {
        return (0, None);
    };
    let mut rest = written.get(start..).unwrap_or_default();
    for (number, line) in lines.iter().enumerate() {
        match rest.strip_prefix(*line) {
            Some(after) => rest = after,
            None if rest.is_empty() => return (number, None),
            None => return (number, line.strip_prefix(rest)),
        }
    }
    (lines.len(), None)
}

/// Where the first line begins, maybe after lines of other processes, maybe not whole at the end.
fn start_of(written: &[u8], lines: &[&[u8]]) -> Option<usize> {
    let first = lines.first()?;
    let mut start = 0;
    loop {
        let rest = written.get(start..).filter(|rest| !rest.is_empty())?;
        if rest.starts_with(first) || first.starts_with(rest) {
            return Some(start);
        }
        start += rest.iter().position(|&byte| byte == b'\n')? + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{count_written, reconcile};
    use crate::journal::Intent;
    use proptest::prelude::*;
    use std::os::unix::fs::MetadataExt;

    const LINES: [&[u8]; 3] = [b"one\n", b"two and more\n", b"three\n"];

    fn intent(path: &std::path::Path, offset: u64) -> Intent {
        let there = std::fs::metadata(path).unwrap();
        Intent {
            file: (there.dev(), there.ino()),
            offset,
            from: 0,
            to: 3,
        }
    }

    proptest! {
        #[test]
        fn wherever_it_was_cut_the_rest_makes_it_whole(cut in 0_usize..=23, others in 0_usize..3) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log");
            let whole = LINES.concat();
            prop_assert_eq!(whole.len(), 23);
            let before = b"earlier\n";
            let mut text = before.to_vec();
            text.extend_from_slice(&b"theirs\n".repeat(others));
            text.extend_from_slice(&whole[..cut]);
            std::fs::write(&path, &text).unwrap();
            let done = reconcile(&path, &intent(&path, before.len() as u64), &LINES).unwrap();
            let mut after = std::fs::read(&path).unwrap();
            for line in &LINES[done..] {
                after.extend_from_slice(line);
            }
            let mut expected = text[..text.len() - cut].to_vec();
            expected.extend_from_slice(&whole);
            prop_assert_eq!(after, expected);
        }
    }

    #[test]
    fn a_torn_line_with_others_behind_it_is_written_again() {
        let written = b"one\ntwo antheirs\n";
        assert_eq!(count_written(written, &LINES), (1, None));
    }

    #[test]
    fn lines_in_a_rotated_file_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, b"one\ntwo").unwrap();
        let intent = intent(&path, 0);
        std::fs::rename(&path, folder.path().join("log.1")).unwrap();
        assert_eq!(reconcile(&path, &intent, &LINES).unwrap(), 1);
        std::fs::remove_file(folder.path().join("log.1")).unwrap();
        assert_eq!(reconcile(&path, &intent, &LINES).unwrap(), 0);
    }
}
