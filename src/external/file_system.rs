//! A shared, fault-tolerant file system, as HDFS is: what was acknowledged is there for every node and survives them.
//!
//! Renaming is atomic. A file's modification time is the time it was written; a rename keeps it.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sim::Time;
use crate::trace::Event;

/// What a file holds.
#[derive(Clone)]
pub enum FileData {
    Lines(Rc<[Rc<str>]>),
    /// A serialised object, such as a checkpointed partition; immutable, so it is kept as it is.
    Object(Rc<dyn Any>),
}

#[derive(Clone)]
struct File {
    modified: Time,
    data: FileData,
}

/// A file as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStatus {
    pub path: Rc<str>,
    pub modified: Time,
}

/// What a client asks; `token` comes back with the reply.
#[derive(Clone)]
pub enum FileRequest {
    Write {
        token: u64,
        path: Rc<str>,
        data: FileData,
    },
    /// Writes files that must not be there yet, all or none; with `overwrite`, whatever is there.
    Create {
        token: u64,
        files: Vec<(Rc<str>, FileData)>,
        overwrite: bool,
    },
    /// Moves everything below the directory's pending place into it, and adds `_SUCCESS`.
    Commit {
        token: u64,
        directory: Rc<str>,
    },
    /// Files directly inside the directories that match a glob pattern.
    List {
        token: u64,
        pattern: Rc<str>,
    },
    Read {
        token: u64,
        paths: Vec<Rc<str>>,
    },
    /// Removes all files whose path starts with one of these. Not answered.
    Remove {
        prefixes: Vec<Rc<str>>,
    },
    /// Something outside puts a file there, in one move.
    Arrive {
        path: Rc<str>,
        lines: Rc<[Rc<str>]>,
    },
}

/// What the file system answers.
#[derive(Clone)]
pub enum FileReply {
    Done {
        token: u64,
    },
    /// Whether the files were written.
    Created {
        token: u64,
        created: bool,
    },
    Listed {
        token: u64,
        files: Vec<FileStatus>,
    },
    /// In the order asked for; `None` for a file that is not there.
    Contents {
        token: u64,
        contents: Vec<Option<FileData>>,
    },
}

/// Where tasks write what a job's commit will move into `directory`.
pub fn pending_directory(directory: &str) -> String {
    format!("{directory}/_temporary/0")
}

/// The files, as a value.
#[derive(Clone, Default)]
pub struct FileSystem {
    files: BTreeMap<Rc<str>, File>,
}

impl FileSystem {
    /// Handles one request; facts go to `emit`.
    pub fn handle(&mut self, now: Time, request: FileRequest, emit: &mut impl FnMut(Event)) -> Option<FileReply> {
        match request {
            FileRequest::Write { token, path, data } => {
                self.files.insert(path, File { modified: now, data });
                Some(FileReply::Done { token })
            }
            FileRequest::Create { token, files, overwrite } => {
                let created = overwrite || files.iter().all(|(path, _)| !self.files.contains_key(path));
                if created {
                    self.files.extend(files.into_iter().map(|(path, data)| (path, File { modified: now, data })));
                }
                Some(FileReply::Created { token, created })
            }
            FileRequest::Commit { token, directory } => {
                self.commit(now, &directory, emit);
                Some(FileReply::Done { token })
            }
            FileRequest::List { token, pattern } => Some(FileReply::Listed { token, files: self.list(&pattern) }),
            FileRequest::Read { token, paths } => {
                let contents = paths.iter().map(|path| self.read(path).cloned()).collect();
                Some(FileReply::Contents { token, contents })
            }
            FileRequest::Remove { prefixes } => {
                self.files.retain(|path, _| !prefixes.iter().any(|prefix| path.starts_with(&**prefix)));
                None
            }
            FileRequest::Arrive { path, lines } => {
                emit(Event::FileWritten { path: path.clone(), lines: lines.len() as u64 });
                self.files.insert(path, File { modified: now, data: FileData::Lines(lines) });
                None
            }
        }
    }

    /// A file's content.
    pub fn read(&self, path: &str) -> Option<&FileData> {
        self.files.get(path).map(|file| &file.data)
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &Rc<str>> {
        self.files.keys()
    }

    fn commit(&mut self, now: Time, directory: &str, emit: &mut impl FnMut(Event)) {
        let pending = pending_directory(directory) + "/";
        let written: Vec<Rc<str>> = self.files.keys().filter(|path| path.starts_with(&pending)).cloned().collect();
        for from in written {
            let Some(file) = self.files.remove(&from) else { continue };
            let to: Rc<str> = format!("{directory}/{}", &from[pending.len()..]).into();
            if let FileData::Lines(lines) = &file.data {
                emit(Event::FileWritten { path: to.clone(), lines: lines.len() as u64 });
            }
            self.files.insert(to, file);
        }
        let success = File { modified: now, data: FileData::Lines(Rc::default()) };
        self.files.insert(format!("{directory}/_SUCCESS").into(), success);
    }

    /// Files that match the pattern, or whose directory does; hidden ones (names with a leading `.` or `_`) are left out.
    fn list(&self, pattern: &str) -> Vec<FileStatus> {
        let visible = |path: &str| {
            path.rsplit_once('/').is_some_and(|(directory, name)| {
                let matches = matches_glob(pattern, directory) || matches_glob(pattern, path);
                matches && !name.starts_with(['.', '_'])
            })
        };
        self.files
            .iter()
            .filter(|(path, _)| visible(path))
            .map(|(path, file)| FileStatus { path: path.clone(), modified: file.modified })
            .collect()
    }
}

/// Whether a path matches a glob of `*` and `?`, neither of which crosses a `/`.
pub fn matches_glob(pattern: &str, path: &str) -> bool {
    matches_bytes(pattern.trim_end_matches('/').as_bytes(), path.as_bytes())
}

fn matches_bytes(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches_bytes(rest, path)
                || path.split_first().is_some_and(|(c, tail)| *c != b'/' && matches_bytes(pattern, tail))
        }
        (Some((b'?', rest)), Some((c, tail))) => *c != b'/' && matches_bytes(rest, tail),
        (Some((p, rest)), Some((c, tail))) => p == c && matches_bytes(rest, tail),
        _ => false,
    }
}

/// A text file's lines; none of what is no text or not there.
pub fn lines_of(data: Option<&FileData>) -> Rc<[Rc<str>]> {
    match data {
        Some(FileData::Lines(lines)) => lines.clone(),
        _ => Rc::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_moves_all_files_at_once() {
        let mut files = FileSystem::default();
        let mut events = Vec::new();
        let path: Rc<str> = "out/_temporary/0/part-00000".into();
        let data = FileData::Lines([Rc::from("a")].into());
        files.handle(Time(1), FileRequest::Write { token: 1, path, data }, &mut |event| events.push(event));
        files.handle(Time(2), FileRequest::Commit { token: 2, directory: "out".into() }, &mut |event| {
            events.push(event)
        });
        assert_eq!(files.paths().map(|path| &**path).collect::<Vec<_>>(), ["out/_SUCCESS", "out/part-00000"]);
        assert_eq!(events, [Event::FileWritten { path: "out/part-00000".into(), lines: 1 }]);
        assert_eq!(files.list("out").len(), 1, "markers are hidden from listings");
    }

    #[test]
    fn globs_match_directories() {
        assert!(matches_glob("logs/*/x?", "logs/2024/x1"));
        assert!(!matches_glob("logs/*", "logs/a/b"));
    }
}
