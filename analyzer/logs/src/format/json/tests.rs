//! JSON logs as their writers write them.

use super::*;

#[test]
fn writers() {
    /// (line, time, level, component, transaction, message)
    type Row<'a> = (
        &'a str,
        Option<&'a str>,
        Option<Level>,
        Option<&'a str>,
        Option<&'a str>,
        &'a str,
    );
    let rows: &[Row<'_>] = &[
        // zap
        (
            r#"{"level":"error","ts":1795348800.25,"logger":"raft","caller":"a/b.go:7","msg":"lost \"leader\"","error":"timeout","stacktrace":"a.f\n\ta.go:7"}"#,
            Some("1795348800.25"),
            Some(Level::Error),
            Some("raft"),
            None,
            "lost \"leader\" error=timeout\na.f\n\ta.go:7",
        ),
        // slog
        (
            r#"{"time":"2026-11-22T12:00:00Z","level":"WARN","msg":"slow","trace_id":"abc"}"#,
            Some("2026-11-22T12:00:00Z"),
            Some(Level::Warn),
            None,
            Some("abc"),
            "slow",
        ),
        // pino, bunyan
        (
            r#"{"level":50,"time":1795348800000,"pid":7,"hostname":"h","reqId":"r1","err":{"type":"TypeError","message":"x is undefined","stack":"TypeError: x\n    at f (a.js:1:2)"},"msg":"failed"}"#,
            Some("1795348800000"),
            Some(Level::Error),
            None,
            Some("r1"),
            "failed err=x is undefined\nTypeError: x\n    at f (a.js:1:2)",
        ),
        // logstash, log4j
        (
            r#"{"@timestamp":"2026-11-22T12:00:00.000Z","logger_name":"com.acme.Db","level":"INFO","message":"up"}"#,
            Some("2026-11-22T12:00:00.000Z"),
            Some(Level::Info),
            Some("com.acme.Db"),
            None,
            "up",
        ),
        (
            r#"{"instant":{"epochSecond":1795348800,"nanoOfSecond":1},"level":"FATAL","loggerName":"a.B","message":"m","thrown":{"name":"X","message":"broke","extendedStackTrace":"X: broke"}}"#,
            Some("1795348800"),
            Some(Level::Fatal),
            Some("a.B"),
            None,
            "m thrown=broke\nX: broke",
        ),
        // python-json-logger, structlog
        (
            r#"{"asctime":"2026-11-22 12:00:00,1","levelname":"ERROR","name":"app","message":"m","exc_info":"Traceback (most recent call last):\nKeyError: 1"}"#,
            Some("2026-11-22 12:00:00,1"),
            Some(Level::Error),
            Some("app"),
            None,
            "m\nTraceback (most recent call last):\nKeyError: 1",
        ),
        (
            r#"{"event":"paid","level":"info","timestamp":"2026-11-22T12:00:00Z","request_id":"q"}"#,
            Some("2026-11-22T12:00:00Z"),
            Some(Level::Info),
            None,
            Some("q"),
            "paid",
        ),
        // ECS, with dots and as objects
        (
            r#"{"@timestamp":"2026-11-22T12:00:00Z","log.level":"error","message":"m","service.name":"pay","trace.id":"t9","error.message":"no","error.stack_trace":"S"}"#,
            Some("2026-11-22T12:00:00Z"),
            Some(Level::Error),
            Some("pay"),
            Some("t9"),
            "m error.message=no\nS",
        ),
        (
            r#"{"log":{"level":"warn","logger":"x.Y"},"message":"m","trace":{"id":"t9"},"error":{"message":"no","stack_trace":"S"}}"#,
            None,
            Some(Level::Warn),
            Some("x.Y"),
            Some("t9"),
            "m error=no\nS",
        ),
        // Serilog, Stackdriver, MongoDB, journald
        (
            r#"{"@t":"2026-11-22T12:00:00Z","@l":"Error","@m":"m","SourceContext":"A.B","@x":"System.X: y"}"#,
            Some("2026-11-22T12:00:00Z"),
            Some(Level::Error),
            Some("A.B"),
            None,
            "m\nSystem.X: y",
        ),
        (
            r#"{"severity":"CRITICAL","jsonPayload":{"message":"inner"},"logging.googleapis.com/trace":"p/t"}"#,
            None,
            Some(Level::Fatal),
            None,
            Some("p/t"),
            "inner",
        ),
        (
            r#"{"t":{"$date":"2026-11-22T12:00:00.000+00:00"},"s":"W","c":"NETWORK","id":7,"ctx":"conn1","msg":"closed"}"#,
            Some("2026-11-22T12:00:00.000+00:00"),
            Some(Level::Warn),
            Some("NETWORK"),
            None,
            "closed",
        ),
        (
            r#"{"__REALTIME_TIMESTAMP":"1795348800000000","PRIORITY":"3","SYSLOG_IDENTIFIER":"kubelet","MESSAGE":"boom"}"#,
            Some("1795348800000000"),
            Some(Level::Error),
            Some("kubelet"),
            None,
            "boom",
        ),
        // Neither level nor message; cut off; colours.
        (r#"{"a":1}"#, None, None, None, None, r#"{"a":1}"#),
        (
            r#"{"level":"error","msg":"cut o"#,
            None,
            Some(Level::Error),
            None,
            None,
            "cut o",
        ),
        (
            r#"{"level":"\u001b[31mx","msg":"\u001b[31mred\u001b[0m"}"#,
            None,
            None,
            None,
            None,
            "red",
        ),
    ];
    for (line, time, level, component, transaction, message) in rows {
        let fields = parse(line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(fields.timestamp.as_deref(), *time, "{line}");
        assert_eq!(fields.level, *level, "{line}");
        assert_eq!(fields.component.as_deref(), *component, "{line}");
        assert_eq!(fields.transaction_id.as_deref(), *transaction, "{line}");
        assert_eq!(fields.message, *message, "{line}");
    }
}

#[test]
fn objects_and_lists_name_nothing() {
    let line =
        r#"{"level":"error","message":{"a":1},"target":"db","op":["y"],"trace":{},"component":{}}"#;
    let fields = parse(line).unwrap();
    assert_eq!(fields.component.as_deref(), Some("db"));
    assert_eq!((fields.operation, fields.transaction_id), (None, None));
    assert_eq!(fields.message, r#"{"a":1}"#);
}

#[test]
fn what_is_no_object_is_none() {
    for line in [
        "{",
        "{not json}",
        r#"{"a"}"#,
        r#"{"a":1} {"b":2}"#,
        "[1]",
        r#"{"a":"cut"#,
    ] {
        assert_eq!(parse(line), None, "{line}");
    }
}
