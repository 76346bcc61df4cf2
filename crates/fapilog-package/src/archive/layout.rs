//! Where entries lie in an archive, and whether their own headers agree with the directory.

use std::io::{Read, Seek, SeekFrom};

use super::{Entry, FLAG_UTF8, MAX_VERSION, extra, u16_at, u32_at};
use crate::error::PackageError;
use crate::fault;
use crate::name::shorten;

const LOCAL_BYTES: u64 = 30;
pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const DESCRIPTOR_SIGNATURE: u32 = 0x0807_4b50;
const FLAG_DESCRIPTOR: u16 = 1 << 3;

/// Every byte from the start to the directory belongs to exactly one entry, in any order.
pub(super) fn check<R: Read + Seek>(
    reader: &mut R,
    entries: &mut [Entry],
    directory_start: u64,
) -> Result<(), PackageError> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&index| entries.get(index).map(|entry| entry.header_start));
    let mut expected_start = 0;
    for (position, &index) in order.iter().enumerate() {
        let next_start = order
            .get(position + 1)
            .and_then(|&next| entries.get(next))
            .map_or(directory_start, |next| next.header_start);
        let Some(entry) = entries.get_mut(index) else {
            continue;
        };
        if entry.header_start != expected_start {
            return Err(PackageError::ExtraData {
                place: fault::PREFIX,
            });
        }
        check_local_header(reader, entry)?;
        let data_end = entry.data_start + entry.compressed;
        if data_end > next_start {
            return Err(PackageError::HeaderMismatch {
                entry: shorten(&entry.name),
                detail: fault::OVERLAP,
            });
        }
        check_gap(reader, entry, data_end, next_start - data_end)?;
        expected_start = next_start;
    }
    if expected_start != directory_start {
        return Err(PackageError::ExtraData {
            place: fault::HIDDEN,
        });
    }
    Ok(())
}

fn check_local_header<R: Read + Seek>(
    reader: &mut R,
    entry: &mut Entry,
) -> Result<(), PackageError> {
    let differs = |detail| PackageError::HeaderMismatch {
        entry: shorten(&entry.name),
        detail,
    };
    let mut header = [0; LOCAL_BYTES as usize];
    reader.seek(SeekFrom::Start(entry.header_start))?;
    reader
        .read_exact(&mut header)
        .map_err(|_| differs(fault::NO_HEADER))?;
    if u32_at(&header, 0) != LOCAL_SIGNATURE {
        return Err(differs(fault::NO_HEADER));
    }
    if u16_at(&header, 4) > MAX_VERSION {
        return Err(PackageError::Unsupported {
            feature: fault::NEWER,
            entry: shorten(&entry.name),
        });
    }
    let flags = u16_at(&header, 6);
    // The mark of UTF-8 may differ where it makes none.
    let without_meaning = if entry.name.is_ascii() { FLAG_UTF8 } else { 0 };
    if (flags ^ entry.flags) & !without_meaning != 0 {
        return Err(differs(fault::HEADERS));
    }
    if u16_at(&header, 8) != if entry.deflated { 8 } else { 0 } {
        return Err(differs(fault::HEADERS));
    }
    let local = (
        u32_at(&header, 14),
        u64::from(u32_at(&header, 18)),
        u64::from(u32_at(&header, 22)),
    );
    let central = (entry.checksum, entry.compressed, entry.size);
    let deferred = flags & FLAG_DESCRIPTOR != 0 && local == (0, 0, 0);
    if local != central && !deferred {
        return Err(differs(fault::HEADERS));
    }
    if local != central && !entry.deflated {
        // Only deflate says by itself where it ends; whoever reads in a stream finds nothing here.
        return Err(differs(fault::STORED_STREAM));
    }
    let name_bytes = usize::from(u16_at(&header, 26));
    let mut variable = vec![0; name_bytes + usize::from(u16_at(&header, 28))];
    reader
        .read_exact(&mut variable)
        .map_err(|_| differs(fault::NO_HEADER))?;
    let (name, extra) = variable.split_at(name_bytes);
    if name != entry.name.as_bytes() {
        return Err(differs(fault::HEADERS));
    }
    if let Some(feature) = extra::fault(extra) {
        return Err(PackageError::Unsupported {
            feature,
            entry: shorten(&entry.name),
        });
    }
    entry.data_start = entry.header_start + LOCAL_BYTES + variable.len() as u64;
    Ok(())
}

/// Between an entry's contents and the next entry there is nothing, or a truthful data descriptor.
fn check_gap<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
    start: u64,
    bytes: u64,
) -> Result<(), PackageError> {
    if bytes == 0 && entry.flags & FLAG_DESCRIPTOR == 0 {
        return Ok(());
    }
    let lies = |detail| PackageError::HeaderMismatch {
        entry: shorten(&entry.name),
        detail,
    };
    if entry.flags & FLAG_DESCRIPTOR == 0 {
        return Err(PackageError::ExtraData {
            place: fault::HIDDEN,
        });
    }
    if bytes != 12 && bytes != 16 {
        return Err(lies(fault::DESCRIPTOR));
    }
    let mut descriptor = [0; 16];
    let skipped = usize::try_from(16 - bytes).unwrap_or_default();
    reader.seek(SeekFrom::Start(start))?;
    reader.read_exact(descriptor.get_mut(skipped..).unwrap_or_default())?;
    let signed = skipped != 0 || u32_at(&descriptor, 0) == DESCRIPTOR_SIGNATURE;
    let stated = (
        u32_at(&descriptor, 4),
        u64::from(u32_at(&descriptor, 8)),
        u64::from(u32_at(&descriptor, 12)),
    );
    if !signed || stated != (entry.checksum, entry.compressed, entry.size) {
        return Err(lies(fault::DESCRIPTOR));
    }
    Ok(())
}
