//! Loose objects, several at once.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use flate2::{Compress, Compression, FlushCompress, Status};
use git2::ObjectType;
use tempfile::NamedTempFile;

use crate::Oid;
use puff_system::parallel;

/// How many files are open at a time, and flushed by several threads: a file system that is asked to flush several files
/// at once writes its journal once for all of them.
const AT_ONCE: usize = 64;

/// Writes objects (name, kind, bytes) into the folder of objects, as git keeps them. Their bytes are on the disk
/// afterwards. Their names are as soon as anything written later is: git counts on that too, and flushes no folder of
/// objects.
pub(super) fn write(folder: &Path, objects: &[(Oid, ObjectType, &[u8])]) -> io::Result<()> {
    let mut compress = Compress::new(Compression::fast(), true);
    for some in objects.chunks(AT_ONCE) {
        let mut files = Vec::new();
        for (id, kind, bytes) in some {
            let digits = id.to_string();
            let folder = folder.join(&digits[..2]);
            let mut file = open(&folder, "tmp_obj_")?;
            let mut deflated = Vec::with_capacity(bytes.len() / 2 + 128);
            deflate(&mut compress, &[format!("{kind} {}\0", bytes.len()).as_bytes(), bytes], &mut deflated)?;
            file.write_all(&deflated)?;
            files.push((file, folder.join(&digits[2..])));
        }
        all_at_once(&files, |(file, _)| file.as_file().sync_all())?;
        for (file, path) in files {
            // Who was faster wrote the same.
            file.persist(&path).map(drop).or_else(|failed| if path.exists() { Ok(()) } else { Err(failed.error) })?;
        }
    }
    Ok(())
}

/// An object that was used within this time needs no mark: what collects garbage leaves alone what is younger by far.
const FRESH: Duration = Duration::from_secs(3600);

/// Marks an object as used, so that no collection of garbage takes it; returns whether it is here.
pub(super) fn touch(folder: &Path, id: Oid) -> bool {
    let digits = id.to_string();
    let path = folder.join(&digits[..2]).join(&digits[2..]);
    // Asking is cheaper than writing, and says as well that it is not here.
    let Ok(modified) = fs::metadata(&path).and_then(|meta| meta.modified()) else { return false };
    modified.elapsed().is_ok_and(|age| age < FRESH) || touch_file(&path).is_ok()
}

/// By its name alone: most objects that are asked for are not here, and opening one takes as long again.
#[cfg(unix)]
fn touch_file(path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    Ok(utimensat(CWD, path, &Timestamps { last_access: now, last_modification: now }, AtFlags::empty())?)
}

#[cfg(not(unix))]
fn touch_file(path: &Path) -> io::Result<()> {
    std::fs::File::open(path)?.set_modified(std::time::SystemTime::now())
}

/// A new file in a folder, which is made where it is missing. Git removes one that a kill leaves by its name.
pub(super) fn open(folder: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o444));
    builder.tempfile_in(folder).or_else(|cause| match cause.kind() {
        io::ErrorKind::NotFound => {
            // The folder of objects itself has to be there: who writes elsewhere is lost.
            fs::create_dir(folder).or_else(|cause| if folder.is_dir() { Ok(()) } else { Err(cause) })?;
            builder.tempfile_in(folder)
        }
        _ => Err(cause),
    })
}

/// Adds these parts, which are one stream, to `out`.
pub(super) fn deflate(compress: &mut Compress, parts: &[&[u8]], out: &mut Vec<u8>) -> io::Result<()> {
    compress.reset();
    for (index, part) in parts.iter().enumerate() {
        let flush = if index + 1 == parts.len() { FlushCompress::Finish } else { FlushCompress::None };
        let begin = compress.total_in();
        loop {
            let rest = &part[(compress.total_in() - begin) as usize..];
            out.reserve(rest.len() / 2 + 64);
            let status = compress.compress_vec(rest, out, flush).map_err(io::Error::other)?;
            let taken = (compress.total_in() - begin) as usize == part.len();
            if status == Status::StreamEnd || taken && flush == FlushCompress::None {
                break;
            }
        }
    }
    Ok(())
}

/// Does this to all of them, to several at the same time.
pub(super) fn all_at_once<T: Sync>(things: &[T], act: impl Fn(&T) -> io::Result<()> + Sync) -> io::Result<()> {
    parallel::map_each(things, parallel::MOST_THREADS, &act, || &act).into_iter().collect()
}
