//! What an ELF library or program says about itself.

use std::sync::OnceLock;

use regex::bytes::Regex;

use object::read::elf::{ElfFile, FileHeader, ProgramHeader as _};
use object::{Endianness, Object as _, elf};

/// Facts of an ELF file that rules ask about.
#[derive(Debug, Default)]
pub(crate) struct Elf {
    /// Names of functions that it takes from other libraries.
    pub imports: Vec<String>,
    pub executable_stack: bool,
    pub writable_code: bool,
    pub relro: bool,
    pub position_independent: bool,
    pub stack_canary: bool,
    /// Whether it uses the C library at all.
    pub imports_libc: bool,
    /// Whether it was compiled from Rust, whose standard library imports more than is used.
    pub is_rust: bool,
}

impl Elf {
    /// Reads the headers; nothing for files that are no ELF or are damaged.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(b"\x7fELF") {
            return None;
        }
        match bytes.get(4)? {
            1 => Self::of::<elf::FileHeader32<Endianness>>(bytes),
            2 => Self::of::<elf::FileHeader64<Endianness>>(bytes),
            _ => None,
        }
    }

    fn of<Header: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Self> {
        let file = ElfFile::<Header>::parse(bytes).ok()?;
        let endian = file.endian();
        let mut facts = Self {
            // Without the header that says otherwise, the stack is executable.
            executable_stack: true,
            position_independent: file.elf_header().e_type(endian) == elf::ET_DYN,
            ..Self::default()
        };
        for segment in file.elf_program_headers() {
            let flags = segment.p_flags(endian);
            let (writable, executable) = (flags & elf::PF_W != 0, flags & elf::PF_X != 0);
            match segment.p_type(endian) {
                elf::PT_GNU_STACK => facts.executable_stack = executable,
                elf::PT_GNU_RELRO => facts.relro = true,
                elf::PT_LOAD => facts.writable_code |= writable && executable,
                _ => {}
            }
        }
        for import in file.imports().ok()? {
            if let Ok(name) = std::str::from_utf8(import.name()) {
                facts.imports.push(name.to_owned());
            }
        }
        let has = |name: &str| facts.imports.iter().any(|import| import == name);
        facts.stack_canary = has("__stack_chk_fail");
        facts.imports_libc = ["memcpy", "malloc", "strlen", "printf", "free"]
            .iter()
            .any(|name| has(name));
        facts.is_rust = is_from_rust(bytes);
        // Rust checks bounds instead.
        facts.stack_canary |= facts.is_rust;
        Some(facts)
    }
}

/// Where the Rust compiler leaves its traces.
fn is_from_rust(bytes: &[u8]) -> bool {
    static TRACES: OnceLock<Option<Regex>> = OnceLock::new();
    let made = || Regex::new("(?-u)/rustc/|rust_eh_personality").ok();
    TRACES
        .get_or_init(made)
        .as_ref()
        .is_some_and(|traces| traces.is_match(bytes))
}
