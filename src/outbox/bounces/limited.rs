//! A stream that ends when more came than was asked for: whatever a server says of a mail's size, no more is kept.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a connection is made of, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + std::fmt::Debug> Stream for T {}

/// How much may still be read; given anew for each command.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowance(Arc<AtomicU64>);

impl Allowance {
    pub(super) fn give(&self, bytes: u64) {
        self.0.store(bytes, Ordering::SeqCst);
    }
}

#[derive(Debug)]
pub(super) struct Limited {
    inner: Box<dyn Stream>,
    left: Allowance,
}

impl Limited {
    pub(super) fn new(inner: Box<dyn Stream>, left: Allowance) -> Self {
        Self { inner, left }
    }

    pub(super) fn into_inner(self) -> Box<dyn Stream> {
        self.inner
    }
}

impl AsyncRead for Limited {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        let read = (buf.filled().len() - before) as u64;
        let left = self.left.0.load(Ordering::SeqCst);
        if read > left {
            return Poll::Ready(Err(io::Error::other("the mailbox sent more than it was asked for")));
        }
        self.left.0.store(left - read, Ordering::SeqCst);
        polled
    }
}

impl AsyncWrite for Limited {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
