//! Native code in a wheel: what it is, for which machine, and which plugin ABI it names.

use std::collections::BTreeSet;

use crate::error::PackageError;
use crate::fault;
use crate::name::shorten;

/// What a library that is a plugin names: the capsule, with the version of the ABI.
const CAPSULE: &[u8] = b"fapilog.plugin.v";

/// Bytes that are kept of a file's beginning: the headers of each format lie there.
const HEAD_BYTES: usize = 1024;

/// Bytes of one part that are looked at again with the next: a name, its number and what ends it.
const OVERLAP: usize = CAPSULE.len() + 5;

/// The format of native code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NativeFormat {
    /// Linux and most other Unix systems.
    Elf,
    /// macOS.
    MachO,
    /// Windows.
    Pe,
}

/// One file with native code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeFile {
    /// The path in the wheel.
    pub path: String,
    /// The format.
    pub format: NativeFormat,
    /// The machine as platform tags name it (`x86_64`, `aarch64`, …), where it is known.
    pub machine: Option<&'static str>,
    /// The versions of the plugin ABI that the file names.
    pub abi_versions: BTreeSet<u32>,
}

/// Looks at the contents of one file as they pass by.
#[derive(Default)]
pub(crate) struct Sniffer {
    head: Vec<u8>,
    tail: Vec<u8>,
    abi_versions: BTreeSet<u32>,
}

impl Sniffer {
    pub(crate) fn see(&mut self, part: &[u8]) {
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend(part.iter().take(room));
        // Only native code is searched, which shows in its first bytes.
        if looks_native(&self.head) {
            let mut seen = std::mem::take(&mut self.tail);
            seen.extend_from_slice(part);
            self.search(&seen);
            seen.drain(..seen.len().saturating_sub(OVERLAP));
            self.tail = seen;
        }
    }

    fn search(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'f') {
            rest = rest.get(at..).unwrap_or_default();
            if let Some(after) = rest.strip_prefix(CAPSULE) {
                let digits = after.iter().take_while(|byte| byte.is_ascii_digit());
                let digits: String = digits.take(4).map(|byte| char::from(*byte)).collect();
                // A number at the very end may go on in the next part.
                if digits.len() < after.len() {
                    self.abi_versions.extend(digits.parse::<u32>());
                }
            }
            rest = rest.get(1..).unwrap_or_default();
        }
    }

    /// The first bytes.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(crate) fn finish(self, path: &str) -> Option<NativeFile> {
        let (format, machine) = format_of(&self.head)?;
        Some(NativeFile {
            path: path.to_owned(),
            format,
            machine,
            abi_versions: self.abi_versions,
        })
    }
}

fn looks_native(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF") || head.starts_with(b"MZ") || mach_o(head).is_some()
}

fn format_of(head: &[u8]) -> Option<(NativeFormat, Option<&'static str>)> {
    if head.starts_with(b"\x7fELF") {
        let little = head.get(5) != Some(&2);
        let machine = match number16(head, 18, little)? {
            3 => Some("i686"),
            20 | 21 => Some("ppc64le"),
            22 => Some("s390x"),
            40 => Some("armv7l"),
            62 => Some("x86_64"),
            183 => Some("aarch64"),
            243 => Some("riscv64"),
            258 => Some("loongarch64"),
            _ => None,
        };
        return Some((NativeFormat::Elf, machine));
    }
    if head.starts_with(b"MZ") {
        let at = usize::from(number16(head, 0x3c, true)?);
        // Text may begin with the two letters; the second header tells.
        return (head.get(at..at + 4)? == b"PE\0\0").then_some((NativeFormat::Pe, None));
    }
    mach_o(head).map(|()| (NativeFormat::MachO, None))
}

fn mach_o(head: &[u8]) -> Option<()> {
    match head.get(..4)? {
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] | [0xce | 0xcf, 0xfa, 0xed, 0xfe] => Some(()),
        // The same four bytes begin Java classes, whose next number is a version above 44.
        [0xca, 0xfe, 0xba, 0xbe] => {
            let count: [u8; 4] = head.get(4..8)?.try_into().ok()?;
            (u32::from_be_bytes(count) < 40).then_some(())
        }
        _ => None,
    }
}

fn number16(bytes: &[u8], at: usize, little: bool) -> Option<u16> {
    let two: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(if little {
        u16::from_le_bytes(two)
    } else {
        u16::from_be_bytes(two)
    })
}

/// Holds native code against the tags of the wheel, as `py3-none-any`.
///
/// Launchers for Windows (`.exe`) are allowed anywhere: installers themselves carry them.
pub(crate) fn check_tags(
    files: &[NativeFile],
    tags: &BTreeSet<String>,
) -> Result<(), PackageError> {
    let platforms: Vec<&str> = tags
        .iter()
        .filter_map(|tag| tag.rsplit('-').next())
        .collect();
    let pure = platforms.contains(&"any");
    for file in files {
        let launcher =
            file.format == NativeFormat::Pe && file.path.to_ascii_lowercase().ends_with(".exe");
        let refused = |detail| {
            Err(PackageError::NativeCode {
                entry: shorten(&file.path),
                detail,
            })
        };
        if launcher {
            continue;
        }
        if pure {
            return refused(fault::NATIVE_IN_PURE);
        }
        let linux = platforms.iter().all(|platform| platform.contains("linux"));
        let known = file
            .machine
            .filter(|_| linux && file.format == NativeFormat::Elf);
        if let Some(machine) = known
            && !platforms.iter().any(|platform| platform.ends_with(machine))
        {
            return refused(fault::NATIVE_MACHINE);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniffed(bytes: &[u8], part: usize) -> Option<NativeFile> {
        let mut sniffer = Sniffer::default();
        bytes.chunks(part).for_each(|part| sniffer.see(part));
        sniffer.finish("a.so")
    }

    #[test]
    fn formats_machines_and_versions_are_seen_wherever_parts_are_cut() {
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(18, 0);
        elf.extend_from_slice(&[62, 0]);
        elf.resize(3000, 0);
        elf.extend_from_slice(b"xfapilog.plugin.v1\0fapilog.plugin.v12\0");
        for part in [1, 7, 64, 3005, 8192] {
            let file = sniffed(&elf, part).unwrap();
            assert_eq!(
                (file.format, file.machine),
                (NativeFormat::Elf, Some("x86_64"))
            );
            assert!(file.abi_versions.contains(&1), "{part}: {file:?}");
            assert!(file.abi_versions.contains(&12), "{part}: {file:?}");
        }
        assert_eq!(sniffed(b"fapilog.plugin.v1", 99), None);
    }

    #[test]
    fn texts_and_java_classes_are_no_native_code() {
        for bytes in [
            &b"MZ, he said"[..],
            b"\xca\xfe\xba\xbe\0\0\0\x41",
            b"",
            b"PK\x03\x04",
        ] {
            assert_eq!(sniffed(bytes, 99), None);
        }
        assert!(sniffed(b"\xca\xfe\xba\xbe\0\0\0\x02", 99).is_some());
    }
}
