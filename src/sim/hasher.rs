//! A hash that means the same on every machine.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// SipHash-1-3 with a zero key, fed with integers in one byte order and width.
#[derive(Clone, Debug, Default)]
pub struct PortableHasher(SipHasher13);

macro_rules! write_little_endian {
    ($($name:ident: $type:ty as $wide:ty;)*) => {
        $(fn $name(&mut self, number: $type) {
            self.0.write(&(number as $wide).to_le_bytes());
        })*
    };
}

impl Hasher for PortableHasher {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    write_little_endian! {
        write_u8: u8 as u8; write_u16: u16 as u16; write_u32: u32 as u32; write_u64: u64 as u64;
        write_i8: i8 as i8; write_i16: i16 as i16; write_i32: i32 as i32; write_i64: i64 as i64;
        write_usize: usize as u64; write_isize: isize as i64;
    }
}
