using System.Text.Json;

namespace Campaigns.Tests.BadInput;

/// <summary>Values that programs stumble over.</summary>
internal static class Nasty
{
    private static readonly string[] JsonValues =
    [
        "null", "true", "false", "0", "-1", "-0", "1.0", "1e3", "1e999", "-1e999", "99999999999999999999", "9223372036854775807", "9223372036854775808",
        "2147483648", "0.1", "1E-400", "[]", "{}", "[[]]", "[null]", "\"\"", "\" \"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00\\ud800\"",
        "\"\\u202e\"", "\"\\ufeff\"", "\"\\uffff\"", "\"\\n\"", "\"\\r\\nX-Injected: 1\"", "\"'; DROP TABLE outbox; --\"", "\"{0}{1:N}%s%n\"",
        "\"../../etc/passwd\"", "\"<script>alert(1)</script>\"", "\"${jndi:ldap://x}\"", "\"NaN\"", "\"null\"", "\"00000000-0000-0000-0000-000000000000\"",
        "\"ffffffff-ffff-ffff-ffff-ffffffffffff\"", "\"{urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66}\"", "\"\\u0130\\u0131\\u017f\"", "\"\\ud83d\\ude00\"", "NaN", "Infinity",
        "01", "+1", ".5", "'single'", "undefined", "\"unclosed", "\"bad \\x escape\"", "\"\\u12\"", "{\"a\":1,\"a\":2}", "{\"\":0}", "[1,]", "{\"a\":1,}", "/* */1",
    ];

    private static readonly string[] Texts =
    [
        "", " ", "%00", "%0a", "%0d%0aX-Injected:%201", "%ff", "%c3%28", "%ed%a0%80", "%f4%90%80%80", "%2e%2e", "..", ".", "%2F", "%5C", "a%2Fb", "%252e%252e", "%", "%z", "%zz", "%1",
        "+", "*", "~", "@", ":", ";", ";a=b", "a;b", "'", "\"", "<>", "{}", "[]", "|", "\\", "^", "`", "null", "undefined", "NaN", "-1", "0", "1e9", "99999999999999999999",
        "00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "00000000000000000000000000000000", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "%F0%9F%98%80", "%EF%BC%8F", "%C0%AF", "%E2%80%AE", "caf\u00e9", "\u0001", "\u007f", "\u0080\u00ff", "@me", "%40me", "$where", "admin", "..%2f..%2fetc", "CON", "a b",
    ];

    private static readonly string[] HeaderValues =
    [
        "", " ", "Bearer", "Bearer ", "Bearer a", "Bearer a.b.c", "Bearer ..", "bearer x y", "Basic Og==", "Basic !", "Negotiate", "null", "*", "*/*;q=2", "text/*;q=", "application/json;charset=\"utf-16\"",
        "\u00ff\u00fe", "caf\u00e9", "\u0080", "a\tb", ",,,,", "\"", "\"unclosed", "W/\"x\"", "bytes=0-,1-", "-1", "99999999999999999999", "0", "1 000", "x=1; x=2; =; ;", "gzip, br;q=9",
        "00-00000000000000000000000000000000-0000000000000000-00", "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-zz", "100-continue", "chunked", "identity", "evil.example:99999", "[::1", "a@b",
        "null, null", "https://evil.example", "file://", "{}", "$$$", "%00", "0-0", "18446744073709551616-0", "-", "a.b",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "Bearer flx_0", "flx_", "00000000-0000-4000-8000-000000000000",
    ];

    private static readonly string[] HeaderNames =
    [
        "Authorization", "X-API-Key", "Accept", "Accept-Language", "Accept-Encoding", "Cookie", "Origin", "Referer", "Range", "If-Match", "If-None-Match", "If-Modified-Since", "Last-Event-ID",
        "X-Correlation-Id", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "X-HTTP-Method-Override", "traceparent", "tracestate", "baggage", "Prefer", "From", "Via", "Upgrade",
        "Access-Control-Request-Method", "Access-Control-Request-Headers", "Content-Encoding", "Content-Language", "Content-Range", "Idempotency-Key", "User-Agent", "Date", "Max-Forwards", "TE", "X-Nobody-Knows",
        "X-Fluxer-Sudo-Mode-JWT", "X-Captcha-Token", "Sec-Fetch-Site", "DPoP", "Expect", "Content-Disposition", "Keep-Alive",
    ];

    public static string Json(Random random) => random.Next(12) switch
    {
        0 => JsonSerializer.Serialize(new string((char)random.Next('a', 'z'), random.Next(1, 6) switch { 1 => 129, 2 => 256, 3 => 1025, 4 => 5000, _ => 70_000 })),
        1 => Nested(random.Next(5) switch { 0 => 17, 1 => 33, 2 => 65, 3 => 300, _ => 20_000 }, random.Next(2) == 0),
        _ => random.Pick(JsonValues),
    };

    public static string Text(Random random) => random.Next(15) == 0 ? new string('x', random.Next(100, 3000)) : random.Pick(Texts);

    public static string HeaderName(Random random) => random.Pick(HeaderNames);

    public static string HeaderValue(Random random) => random.Next(15) == 0 ? new string('h', random.Next(100, 9000)) : random.Pick(HeaderValues);

    private static string Nested(int depth, bool arrays)
        => arrays ? new string('[', depth) + new string(']', depth) : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
}
