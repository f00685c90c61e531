//! The frames of a body (`data-format/message-body.md`, `message-body-aad.md`).

use core::ops::Range;

use crate::crypto::{GCM_IV_LEN, GCM_TAG_LEN, GcmTask};
use crate::error::{Error, Part, Result};
use crate::wire::{Reader, Sink};

use super::Header;

/// Bytes around a frame's content: sequence number, IV and tag; a last frame has a marker and its length besides.
const AROUND: u64 = 4 + GCM_IV_LEN as u64 + GCM_TAG_LEN as u64;
const AROUND_LAST: u64 = AROUND + 4 + 4;
/// The same around a body without frames: IV, length and tag.
const AROUND_SINGLE: u64 = GCM_IV_LEN as u64 + 8 + GCM_TAG_LEN as u64;
/// Stands in front of the last frame, where the others have their sequence number.
const FINAL_MARKER: u32 = 0xffff_ffff;
/// The longest body that is not framed, in bytes: what AES-GCM can encrypt under one IV.
const MAX_NON_FRAMED: u64 = (1 << 36) - 32;

/// What a piece of a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    Regular,
    Final,
    /// All of a body without frames.
    Single,
}

/// A piece of a body as it lies in the message.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) piece: Piece,
    iv: [u8; GCM_IV_LEN],
    /// Where ciphertext and tag lie.
    pub(super) sealed: Range<usize>,
}

impl Found {
    /// The operation that opens it into `output`.
    pub(super) fn task(
        &self,
        header: &Header,
        sequence: u32,
        output: Range<usize>,
        aads: &mut Vec<u8>,
    ) -> GcmTask {
        let aad = aad(self.piece, &header.message_id, sequence, output.len() as u64, aads);
        GcmTask { iv: self.iv, aad, input: self.sealed.clone(), output }
    }

    /// Length of its plaintext.
    pub(super) fn content_len(&self) -> usize {
        self.sealed.len() - GCM_TAG_LEN
    }
}

impl Header {
    /// Length in bytes of the body and the footer that are made of `len` bytes of plaintext.
    pub fn sealed_len(&self, len: u64) -> u64 {
        let frames = len.div_ceil(u64::from(self.frame_length).max(1)).max(1);
        let around = AROUND.saturating_mul(frames - 1).saturating_add(AROUND_LAST);
        len.saturating_add(around).saturating_add(self.footer_len())
    }

    /// Length in bytes of the plaintext of a body and a footer of `len` bytes, if they are what they should be.
    pub fn opened_len(&self, len: u64) -> u64 {
        let body = len.saturating_sub(self.footer_len());
        if self.frame_length == 0 {
            return body.saturating_sub(AROUND_SINGLE);
        }
        let frames = body.saturating_sub(AROUND_LAST - AROUND);
        let count = frames.div_ceil(u64::from(self.frame_length) + AROUND);
        frames.saturating_sub(AROUND.saturating_mul(count))
    }

    fn footer_len(&self) -> u64 {
        self.suite.signature.map_or(0, |curve| 2 + curve.signature_len() as u64)
    }
}

/// Writes what stands in front of a frame's ciphertext.
pub(super) fn put_frame_header(piece: Piece, sequence: u32, length: u32, out: &mut Vec<u8>) {
    if piece == Piece::Final {
        out.put(&FINAL_MARKER.to_be_bytes());
    }
    out.put(&sequence.to_be_bytes());
    out.put(&iv(sequence));
    if piece == Piece::Final {
        out.put(&length.to_be_bytes());
    }
}

/// The IV of a frame: its sequence number. The header's IV is zero, which is no sequence number.
pub(super) fn iv(sequence: u32) -> [u8; GCM_IV_LEN] {
    let mut iv = [0; GCM_IV_LEN];
    iv[GCM_IV_LEN - 4..].copy_from_slice(&sequence.to_be_bytes());
    iv
}

/// Appends the additional authenticated data of a piece of `length` bytes; returns where it lies.
pub(super) fn aad(
    piece: Piece,
    message_id: &[u8],
    sequence: u32,
    length: u64,
    out: &mut Vec<u8>,
) -> Range<usize> {
    let start = out.len();
    out.put(message_id);
    out.put(match piece {
        Piece::Regular => b"AWSKMSEncryptionClient Frame",
        Piece::Final => b"AWSKMSEncryptionClient Final Frame",
        Piece::Single => b"AWSKMSEncryptionClient Single Block",
    });
    out.put(&sequence.to_be_bytes());
    out.put(&length.to_be_bytes());
    start..out.len()
}

/// The piece at `at`, which must have this sequence number, or `None` while more of `bytes` is needed.
///
/// # Errors
/// [`Fault::Limit`](crate::error::Fault::Limit) if a piece is longer than `max` bytes: it would have to be held as a whole.
pub(super) fn find(
    bytes: &[u8],
    at: usize,
    header: &Header,
    sequence: u32,
    max: usize,
) -> Result<Option<Found>> {
    let rest = bytes.get(at..).unwrap_or_default();
    let mut r = Reader::new(rest, Part::Message);
    let (piece, iv, length) = if header.frame_length == 0 {
        if !r.has(GCM_IV_LEN + 8) {
            return Ok(None);
        }
        let (iv, length) = (r.array()?, r.u64()?);
        if length > MAX_NON_FRAMED {
            return Err(r.error("a body longer than its format allows"));
        }
        (Piece::Single, iv, length)
    } else {
        if !r.has(4) {
            return Ok(None);
        }
        let piece = match r.clone().u32()? {
            FINAL_MARKER => Piece::Final,
            _ => Piece::Regular,
        };
        let front = if piece == Piece::Final { 4 + 4 + GCM_IV_LEN + 4 } else { 4 + GCM_IV_LEN };
        if !r.has(front) {
            return Ok(None);
        }
        if piece == Piece::Final {
            r.u32()?;
        }
        if (r.u32()?, r.array()?) != (sequence, iv(sequence)) {
            return Err(r.error(format!("a frame out of sequence where number {sequence} belongs")));
        }
        let length = if piece == Piece::Final { r.u32()? } else { header.frame_length };
        if length > header.frame_length {
            return Err(r.error("a last frame longer than the frame length"));
        }
        (piece, iv(sequence), length.into())
    };
    if length > max as u64 {
        return Err(too_long(max, length));
    }
    let sealed = length as usize + GCM_TAG_LEN;
    let start = at + rest.len() - r.remaining();
    Ok(r.has(sealed).then_some(Found { piece, iv, sealed: start..start + sealed }))
}

fn too_long(max: usize, found: u64) -> Error {
    let what = "bytes of a message that must be held at once (maxFrameLength)";
    Error::limit(what, max as u64, found)
}
