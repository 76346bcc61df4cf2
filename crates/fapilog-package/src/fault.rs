//! What exactly is wrong: one stable identifier for each kind of fault, with the words for it.

use std::fmt;

/// A kind of fault within a [`PackageError`](crate::PackageError).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    id: &'static str,
    text: &'static str,
}

impl Fault {
    const fn new(id: &'static str, text: &'static str) -> Self {
        Self { id, text }
    }

    /// The whole archive is larger than its reader allows.
    pub const ARCHIVE_BYTES: Self = WHOLE;

    /// Stable identifier.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.id
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text)
    }
}

/// Declares faults, and the list of all of them.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Fault = Fault::new($id, $text);)*

        /// Every kind of fault, for the documentation and its test.
        pub const ALL: &[Fault] = &[$($name),*];
    };
}

// A macro, so that no fault can be missing from the list.
faults! {
    // Names of entries.
    TRAVERSAL = "archive-path-traversal", "expected no part `..`";
    ABSOLUTE = "archive-absolute-path", "expected a relative path";
    DRIVE = "archive-drive-path", "expected no colon, which names a drive or a stream";
    BACKSLASH = "archive-backslash", "expected `/` and no backslash";
    CONTROL = "archive-control-character", "expected no control characters";
    INVISIBLE = "archive-invisible-character", "expected no invisible or direction-changing characters";
    NAME_PART = "archive-entry-name", "expected no part that is empty, `.`, or ends with a dot or a space";
    NAME_BYTES = "archive-name-too-long", "expected at most 1024 bytes";
    NAME_UTF8 = "archive-name-encoding", "expected UTF-8";
    NAME_UNMARKED = "archive-name-encoding", "a name beyond ASCII that isn't marked as UTF-8";
    DEPTH = "archive-too-deep", "expected at most 64 levels";
    FILE_AS_FOLDER = "archive-file-as-folder", "expected no file in the place of its folder";
    FOREIGN_ROOT = "source-foreign-root", "expected everything below `{name}-{version}/`";
    // Two entries that become one.
    TWICE = "archive-duplicate-entry", "it appears twice";
    COLLISION = "archive-case-collision", "it differs from another only in case or Unicode form";
    // Kinds of entries.
    LINK = "archive-link", "it is a link";
    SPECIAL = "archive-special-file", "it is neither a plain file nor a folder";
    FOLDER_CONTENTS = "archive-folder-contents", "it is a folder with contents";
    // Bytes that belong to nothing.
    PREFIX = "archive-prefixed-data", "before the first entry";
    TRAILING = "archive-trailing-data", "after the end";
    HIDDEN = "archive-hidden-data", "between entries, or between them and the end";
    COMMENT = "archive-comment", "a comment";
    // Features that a package has no use for.
    ZIP64 = "archive-zip64", "ZIP64";
    DISKS = "archive-several-disks", "several disks";
    NEWER = "archive-version", "a version of the format above 6.3";
    ENCRYPTED = "archive-encrypted", "encryption";
    PATCHED = "archive-compression", "patched data";
    COMPRESSION = "archive-compression", "a compression method other than stored and deflate";
    ENTRY_COMMENT = "archive-comment", "an entry comment";
    EXTRA_LONG = "archive-extra-field", "extra fields of more than 96 bytes";
    EXTRA_CUT = "archive-extra-field", "an extra field that is cut off";
    EXTRA_KIND = "archive-extra-field", "an extra field other than times and owners";
    SPARSE = "source-sparse", "a sparse file";
    PAX = "source-extended-header", "extended headers for more than one plain name";
    PAX_SIZE = "source-size-mismatch", "an extended header that states a second size";
    OLD_TAR = "source-old-header", "header fields of an old tar format";
    // Two statements of an archive that differ, or that can't both be.
    HEADERS = "archive-header-mismatch", "the entry's own header differs from the directory";
    NO_HEADER = "archive-header-mismatch", "no header where one is announced";
    STORED_SIZES = "archive-header-mismatch", "two sizes for stored contents";
    STORED_STREAM = "archive-header-mismatch", "stored contents without their size";
    DESCRIPTOR = "archive-descriptor-mismatch", "a data descriptor that differs from the directory";
    OVERLAP = "archive-overlap", "its contents overlap with what follows";
    // Contents.
    DEFLATE = "archive-corrupt", "its compressed contents can't be read";
    STREAM_END = "archive-stream-end", "its compressed contents don't end where they should";
    MORE = "archive-size-mismatch", "more contents than announced";
    LESS = "archive-size-mismatch", "less contents than announced";
    CHECKSUM = "archive-checksum", "the checksum doesn't match";
    // Bounds.
    ENTRIES = "archive-too-many-entries", "the number of entries";
    TOTAL = "archive-too-large", "the size of all contents in bytes";
    WHOLE = "archive-too-large", "the archive in bytes";
    ENTRY = "archive-entry-too-large", "the size of an entry in bytes";
    RATIO = "archive-compression-ratio", "the compression ratio";
    DIRECTORY = "archive-directory-too-large", "the directory in bytes";
    TIME = "archive-too-slow", "the time for reading it in seconds";
    NESTED = "archive-nested-bomb", "what an archive inside unfolds to, in bytes";
    NESTED_DEPTH = "archive-nested-too-deep", "the depth of archives in archives";
    METADATA_BYTES = "metadata-too-large", "a metadata file in bytes";
    EXTENSION = "source-header-too-large", "an extended header in bytes";
    BILLS = "sbom-too-many", "the number of bills of materials";
    BILL_BYTES = "sbom-too-large", "a bill of materials in bytes";
    BILL_NAME = "sbom-name", "expected the name of a file for `.dist-info/sboms/`";
    // Where a wheel's files would land.
    DATA_FOLDER = "wheel-data-folder", "expected no `.data` folder but `{name}-{version}.data`";
    DATA_SCHEME = "wheel-data-folder", "expected an installation scheme's folder in `.data`";
    FOREIGN_METADATA = "wheel-foreign-metadata", "expected no metadata of another distribution";
    CORE_FILES = "wheel-core-files", "expected no files in the core's package";
    PLACED_TWICE = "wheel-placed-twice", "expected no second file in the same place";
    // Native code against tags.
    NATIVE_IN_PURE = "wheel-native-in-pure", "native code in a wheel whose tags say `any` platform";
    NATIVE_MACHINE = "wheel-native-machine", "native code for another machine than the tags say";
    // RECORD.
    RECORD_LINE = "record-format", "expected `path,hash,size`";
    RECORD_BASE64 = "record-format", "expected 32 bytes in URL-safe base64";
    RECORD_ALGORITHM = "record-format", "expected a sha256 hash";
    RECORD_SIZE_TEXT = "record-format", "expected the size in bytes";
    RECORD_TWICE = "record-format", "expected each path once";
    RECORD_EXTRA = "record-unlisted-file", "it isn't listed";
    RECORD_GHOST = "record-missing-file", "it is listed but not in the wheel";
    RECORD_NO_HASH = "record-no-hash", "it has no hash";
    RECORD_HASH = "record-wrong-hash", "its hash is another one";
    RECORD_SIZE = "record-wrong-size", "its size is another one";
    // Statements about one fact.
    NAME = "name-mismatch", "the name";
    VERSION = "version-mismatch", "the version";
    TAGS = "tag-mismatch", "the set of tags";
    WHEEL_VERSION = "wheel-version", "the wheel version";
}
