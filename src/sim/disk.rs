//! A node's disk: files whose content is durable only once it was synced.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Random, Stream};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct File {
    /// What a crash can't take; `None` where the file was never synced.
    durable: Option<Rc<[u8]>>,
    /// What a reader sees now.
    current: Option<Rc<[u8]>>,
}

/// The files of one node, and the writes under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    files: BTreeMap<Rc<str>, File>,
    writing: BTreeMap<u64, (Rc<str>, Rc<[u8]>)>,
}

impl Disk {
    /// The content a reader sees, written but perhaps unsynced.
    pub fn read(&self, path: &str) -> Option<&Rc<[u8]>> {
        self.files.get(path)?.current.as_ref()
    }

    /// Paths that start with `prefix`, in order.
    pub fn list<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Rc<str>> {
        self.files
            .range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded))
            .take_while(move |(path, _)| path.starts_with(prefix))
            .filter(|(_, file)| file.current.is_some())
            .map(|(path, _)| path)
    }

    pub(super) fn begin(&mut self, ticket: u64, path: Rc<str>, data: Rc<[u8]>) {
        self.writing.insert(ticket, (path, data));
    }

    pub(super) fn finish(&mut self, ticket: u64) {
        if let Some((path, data)) = self.writing.remove(&ticket) {
            self.files.entry(path).or_default().current = Some(data);
        }
    }

    pub(super) fn sync(&mut self, path: &str) {
        if let Some(file) = self.files.get_mut(path) {
            file.durable = file.current.clone();
        }
    }

    pub(super) fn rename(&mut self, from: &str, to: Rc<str>) {
        if let Some(file) = self.files.remove(from) {
            self.files.insert(to, file);
        }
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// Settles all that was under way or unsynced when the power went: each is lost, done or torn by chance.
    pub(super) fn crash(&mut self, random: &mut Random) {
        for (_, (path, data)) in std::mem::take(&mut self.writing) {
            let file = self.files.entry(path).or_default();
            file.current = settle(random, file.current.take(), data);
        }
        for file in self.files.values_mut() {
            if let Some(data) = file.current.take_if(|current| Some(&*current) != file.durable.as_ref()) {
                file.current = settle(random, file.durable.take(), data);
                file.durable = file.current.clone();
            }
        }
        self.files.retain(|_, file| file.current.is_some());
    }
}

/// What a crash leaves of a write of `new` over `old`: either of them, or a part of the new.
fn settle(random: &mut Random, old: Option<Rc<[u8]>>, new: Rc<[u8]>) -> Option<Rc<[u8]>> {
    match random.below(Stream::Storage, 3) {
        0 => old,
        1 => Some(new),
        _ => Some(new[..random.below(Stream::Storage, new.len() as u64) as usize].into()),
    }
}
