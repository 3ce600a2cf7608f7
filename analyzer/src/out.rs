//! What the commands print, and how they end: in one place, since any reader (`head`, `less`) can have seen enough.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// Exit code where the reader of the output is gone: that of other tools, which SIGPIPE (13) ends.
const READER_IS_GONE: u8 = 128 + 13;

/// Why nothing more is printed.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a line to standard output. Work does not end because nobody reads what is said of it: [`end`] tells.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::out::line(format_args!($($text)*))
    };
}

/// Prints a line to standard error.
macro_rules! note {
    ($($text:tt)*) => {
        $crate::out::error_line(format_args!($($text)*))
    };
}

pub(crate) use {note, say};

pub(crate) fn line(text: Arguments<'_>) {
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.is_none() {
        *failed = writeln!(io::stdout().lock(), "{text}").err();
    }
}

pub(crate) fn error_line(text: Arguments<'_>) {
    // There is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Tells how a command ended. That its reader is gone is told by the exit code alone.
pub fn end(result: anyhow::Result<ExitCode>) -> ExitCode {
    let failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner).take();
    let result = match (result, failed) {
        (Ok(_), Some(failed)) => {
            Err(anyhow::Error::new(failed).context("cannot write to standard output"))
        }
        (result, _) => result,
    };
    match result {
        Ok(code) => code,
        Err(error) if is_reader_gone(&error) => ExitCode::from(READER_IS_GONE),
        Err(error) => {
            note!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_reader_gone(error: &anyhow::Error) -> bool {
    let of_io = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    error.chain().any(of_io)
}
