using System.Text;

namespace Campaigns.Tests.BadInput;

/// <summary>The ways in which a request is made wrong. Each does one thing; a request gets one to three.</summary>
internal static class Spoilers
{
    private static readonly (string Name, Func<RequestDraft, bool> Fits, Action<RequestDraft, Random> Spoil)[] All =
    [
        // Members of a JSON body.
        ("member of another kind", HasMembers, (draft, random) => Replace(draft, random, Nasty.Json(random))),
        ("member of another kind", HasMembers, (draft, random) => Replace(draft, random, Nasty.Json(random))),
        ("member missing", HasMembers, (draft, random) => draft.Members!.RemoveAt(random.Next(draft.Members.Count))),
        ("member twice", HasMembers, (draft, random) => draft.Members!.Add((random.Pick(draft.Members!).Name, random.Chance(0.5) ? Nasty.Json(random) : random.Pick(draft.Members!).Json))),
        ("member of another name", HasMembers, Rename),
        ("member that nobody knows", HasMembers, (draft, random) => draft.Members!.Insert(random.Next(draft.Members.Count), (random.Pick((string[])["", "x", "__proto__", "$type", "\"\\ud800\"", "id", "role"]), Nasty.Json(random)))),
        ("value broken in its middle", HasMembers, BreakWithin),
        ("a thousand members", HasMembers, (draft, random) => draft.Members!.AddRange(Enumerable.Range(0, 1000).Select(number => ($"m{number}", "0")))),

        // The body as bytes.
        ("no body", HasBody, (draft, _) => Drop(draft)),
        ("empty body", HasBody, (draft, _) => draft.Body = []),
        ("white space only", HasBody, (draft, _) => draft.Body = " \t\r\n  "u8.ToArray()),
        ("another document", HasBody, (draft, random) => draft.Body = Encoding.UTF8.GetBytes(Nasty.Json(random))),
        ("body breaks off", HasBody, (draft, random) => draft.Body = draft.Bytes()![..random.Next(draft.Bytes()!.Length)]),
        ("something behind the body", HasBody, (draft, random) => draft.Body = [.. draft.Bytes()!, .. Encoding.UTF8.GetBytes(random.Pick((string[])["{}", "x", "\0", ",", "]", "}"]))]),
        ("byte order mark", HasBody, (draft, _) => draft.Body = [0xEF, 0xBB, 0xBF, .. draft.Bytes()!]),
        ("UTF-16", HasBody, (draft, random) => draft.Body = (random.Chance(0.5) ? Encoding.Unicode : Encoding.BigEndianUnicode).GetBytes(Encoding.UTF8.GetString(draft.Bytes()!))),
        ("broken UTF-8", HasBody, BreakUtf8),
        ("bytes turned", HasBody, TurnBytes),
        ("noise", HasBody, (draft, random) => draft.Body = Noise(random, random.Next(1, 2000))),
        ("body just above a common limit", HasBody, (draft, random) => Pad(draft, random.Pick((int[])[4097, 8193, 16_385, 65_537]))),
        ("large body", HasBody, (draft, random) => Pad(draft, random.Pick((int[])[131_072, 1_310_721, 1_572_865]))),
        ("in chunks", HasBody, (draft, _) => draft.Chunked = true),
        ("shorter than it says", HasBody, (draft, random) => draft.ClaimedLength = (draft.Bytes()?.Length ?? 0) + random.Next(1, 100)),
        ("body where there is none", draft => !HasBody(draft), (draft, random) => (draft.Body, draft.MediaType) = (Encoding.UTF8.GetBytes(Nasty.Json(random)), "application/json")),

        // Media type.
        ("another media type", HasBody, (draft, random) => draft.MediaType = random.Pick((string[])[
            "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "application/octet-stream", "application/jwt", "image/png", "application/json-patch+json"])),
        ("broken media type", HasBody, (draft, random) => draft.MediaType = random.Pick((string[])[
            "", "/", "json", "application/", "application/json, text/plain", "application/json; charset=utf-16", "application/json; charset=nothing", "application/json;charset=\"", "*/*", ";", "application/json\u00ff"])),
        ("no media type", HasBody, (draft, _) => draft.MediaType = null),
        ("media type twice", HasBody, (draft, _) => draft.Headers.Add(("Content-Type", "text/html"))),
        ("says it is compressed", HasBody, (draft, random) => draft.SetHeader("Content-Encoding", random.Pick((string[])["gzip", "br", "deflate", "zstd", "x", ""]))),

        // Method.
        ("another method", _ => true, (draft, random) => draft.Method = random.Pick((string[])["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "FOO", "M-SEARCH"])),

        // Path.
        ("odd path parameter", draft => draft.PathValues.Count > 0, (draft, random) => draft.PathValues[random.Pick([.. draft.PathValues.Keys])] = Nasty.Text(random)),
        ("odd path parameter", draft => draft.PathValues.Count > 0, (draft, random) => draft.PathValues[random.Pick([.. draft.PathValues.Keys])] = Nasty.Text(random)),
        ("slash at the end", NoPathYet, (draft, _) => draft.Path = PathOf(draft) + "/"),
        ("slash twice", NoPathYet, (draft, random) => draft.Path = DoubleASlash(PathOf(draft), random)),
        ("another case", NoPathYet, (draft, _) => draft.Path = PathOf(draft).ToUpperInvariant()),
        ("another segment behind", NoPathYet, (draft, random) => draft.Path = $"{PathOf(draft)}/{Nasty.Text(random)}"),
        ("segment replaced", NoPathYet, ReplaceSegment),
        ("letter written as an escape", NoPathYet, (draft, random) => draft.Path = EscapeOne(PathOf(draft), random)),
        ("dot segments", NoPathYet, (draft, random) => draft.Path = PathOf(draft) + random.Pick((string[])["/..", "/../..", "/.", "/%2e%2e", "/..%2f", "/..;/"])),
        ("very long path", NoPathYet, (draft, random) => draft.Path = $"{PathOf(draft)}/{new string('p', random.Next(3000, 12_000))}"),

        // Query.
        ("odd query parameter", draft => draft.Query.Count > 0, (draft, random) =>
        {
            var at = random.Next(draft.Query.Count);
            draft.Query[at] = (draft.Query[at].Name, Nasty.Text(random));
        }),
        ("query parameter twice", draft => draft.Query.Count > 0, (draft, random) => draft.Query.Add((random.Pick(draft.Query).Name, Nasty.Text(random)))),
        ("query parameter missing", draft => draft.Query.Count > 0, (draft, random) => draft.Query.RemoveAt(random.Next(draft.Query.Count))),
        ("query that nobody asked for", _ => true, (draft, random) => draft.Query.Add((random.Pick((string[])["x", "test", "code", "secret", "", "%00", "a[]", "limit", "wait"]), Nasty.Text(random)))),
        ("odd query", _ => true, (draft, random) => draft.RawQuery = random.Pick((string[])["?", "&", "=", "&&==", "%", "%zz=%zz", "a", "a&a", "\u00ff=\u00ff", "#", "a=b#c", ";;", "=&=&="])),
        ("very long query", _ => true, (draft, random) => draft.Query.Add(("q", new string('q', random.Next(2000, 12_000))))),

        // Headers.
        ("odd header", _ => true, (draft, random) => draft.SetHeader(Nasty.HeaderName(random), Nasty.HeaderValue(random))),
        ("odd header", _ => true, (draft, random) => draft.SetHeader(Nasty.HeaderName(random), Nasty.HeaderValue(random))),
        ("odd credential", draft => draft.Headers.Count > 0, (draft, random) => draft.SetHeader(random.Pick(draft.Headers).Name, Nasty.HeaderValue(random))),
        ("credential cut or turned", draft => draft.Headers.Count > 0, SpoilCredential),
        ("credential missing", draft => draft.Headers.Count > 0, (draft, random) => draft.Headers.RemoveAt(random.Next(draft.Headers.Count))),
        ("header twice", draft => draft.Headers.Count > 0, (draft, random) => draft.Headers.Add(random.Pick(draft.Headers))),
        ("large header", _ => true, (draft, random) => draft.SetHeader("X-Large", new string('l', random.Next(10_000, 40_000)))),
        ("many headers", _ => true, (draft, random) => draft.Headers.AddRange(Enumerable.Range(0, random.Next(60, 120)).Select(number => ($"X-Many-{number}", "1")))),
        ("odd host", _ => true, (draft, random) => Beyond(draft, () => draft.SetHeader("Host", random.Pick((string[])["evil.example", "localhost:1", "127.0.0.1", "[::1]:80", "a_b", "xn--e1afmkfd", "localhost.", "[::1", ""])))),

        // Beyond HTTP, or beyond what the server reads.
        ("no HTTP", _ => true, (draft, random) => Beyond(draft, () => draft.Path = random.Pick((string[])["*", "nothing", "http://", "http://evil.example/x y", "/\0", "/a b c"]))),
        ("host twice", _ => true, (draft, random) => Beyond(draft, () => draft.Headers.AddRange([("Host", "a"), ("Host", "b")]))),
        ("header name that is none", _ => true, (draft, random) => Beyond(draft, () => draft.Headers.Add((random.Pick((string[])["X Y", "X(", "", "X\0", "\u00ff"]), "1")))),
        ("two lengths", HasBody, (draft, random) => Beyond(draft, () => draft.Headers.Add(("Content-Length", random.Pick((string[])["1", "-1", "99999999999999999999", "0x1", "", "1, 2"]))))),
        ("unknown transfer coding", HasBody, (draft, random) => Beyond(draft, () => draft.SetHeader("Transfer-Encoding", random.Pick((string[])["gzip", "chunked, gzip", "x", "chunked, chunked", "identity"])))),
        ("far too long", _ => true, (draft, random) => Beyond(draft, () => draft.Query.Add(("q", new string('q', 20_000))))),
        ("far too many headers", _ => true, (draft, random) => Beyond(draft, () => draft.Headers.AddRange(Enumerable.Range(0, 250).Select(number => ($"X-Many-{number}", "1"))))),
        ("another version", _ => true, (draft, random) => Beyond(draft, () => draft.SetHeader("Upgrade", random.Pick((string[])["h2c", "websocket", "TLS/1.0"])))),
    ];

    /// <summary>Spoils the draft in one to three ways.</summary>
    public static void Apply(RequestDraft draft, Random random)
    {
        for (var left = random.Next(10) switch { < 7 => 1, < 9 => 2, _ => 3 }; left > 0; left--)
        {
            var (name, fits, spoil) = random.Pick(All);
            if (fits(draft))
            {
                spoil(draft, random);
                draft.Spoiled.Add(name);
            }
        }
    }

    private static bool HasMembers(RequestDraft draft) => draft is { Members.Count: > 0, Body: null };

    private static bool HasBody(RequestDraft draft) => draft.Bytes() is { Length: > 0 };

    private static bool NoPathYet(RequestDraft draft) => draft.Path is null;

    private static void Beyond(RequestDraft draft, Action spoil)
    {
        spoil();
        draft.IsBeyondTheServer = true;
    }

    private static void Replace(RequestDraft draft, Random random, string json)
    {
        var at = random.Next(draft.Members!.Count);
        draft.Members[at] = (draft.Members[at].Name, json);
    }

    private static void Rename(RequestDraft draft, Random random)
    {
        var at = random.Next(draft.Members!.Count);
        var (name, json) = draft.Members[at];
        draft.Members[at] = (random.Pick((string[])[name.ToUpperInvariant(), name + " ", " " + name, name + "\0", "\u0130" + name]), json);
    }

    /// <summary>Puts something odd in the place of one scalar inside a value.</summary>
    private static void BreakWithin(RequestDraft draft, Random random)
    {
        var at = random.Next(draft.Members!.Count);
        var (name, json) = draft.Members[at];
        var places = Enumerable.Range(0, json.Length).Where(index => json[index] is ',' or ':' or '[' or '"').ToList();
        if (places.Count > 0)
        {
            var place = random.Pick(places);
            draft.Members[at] = (name, json[..(place + 1)] + Nasty.Json(random) + json[(place + 1)..]);
        }
    }

    private static void Drop(RequestDraft draft) => (draft.Members, draft.Body, draft.MediaType) = (null, null, null);

    private static void BreakUtf8(RequestDraft draft, Random random)
    {
        byte[][] broken = [[0xC0, 0x80], [0xFF], [0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xF8, 0x88, 0x80, 0x80, 0x80], [0x00]];
        var bytes = draft.Bytes()!;
        var at = random.Next(bytes.Length + 1);
        draft.Body = [.. bytes[..at], .. random.Pick(broken), .. bytes[at..]];
    }

    private static void TurnBytes(RequestDraft draft, Random random)
    {
        var bytes = (byte[])draft.Bytes()!.Clone();
        for (var turns = random.Next(1, 5); turns > 0; turns--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
        }

        draft.Body = bytes;
    }

    private static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    // With spaces a JSON text stays what it is; with letters a token becomes longer.
    private static void Pad(RequestDraft draft, int length)
    {
        var bytes = draft.Bytes()!;
        var padding = new byte[Math.Max(0, length - bytes.Length)];
        Array.Fill(padding, bytes[0] == (byte)'{' ? (byte)' ' : (byte)'A');
        draft.Body = [.. bytes, .. padding];
    }

    private static string PathOf(RequestDraft draft) => draft.Target().Split('?')[0];

    private static string DoubleASlash(string path, Random random)
    {
        var slashes = Enumerable.Range(0, path.Length).Where(index => path[index] == '/').ToList();
        return slashes.Count == 0 ? path : path.Insert(random.Pick(slashes), "/");
    }

    private static void ReplaceSegment(RequestDraft draft, Random random)
    {
        var segments = PathOf(draft).Split('/');
        segments[random.Next(1, Math.Max(2, segments.Length))] = Nasty.Text(random);
        draft.Path = string.Join('/', segments);
    }

    private static string EscapeOne(string path, Random random)
    {
        var letters = Enumerable.Range(0, path.Length).Where(index => char.IsAsciiLetterOrDigit(path[index]) && (index == 0 || path[index - 1] != '%') && (index < 2 || path[index - 2] != '%')).ToList();
        if (letters.Count == 0)
        {
            return path;
        }

        var at = random.Pick(letters);
        return $"{path[..at]}%{(int)path[at]:X2}{path[(at + 1)..]}";
    }

    private static void SpoilCredential(RequestDraft draft, Random random)
    {
        var at = random.Next(draft.Headers.Count);
        var (name, value) = draft.Headers[at];
        if (value.Length > 0)
        {
            var place = random.Next(value.Length);
            draft.Headers[at] = (name, random.Next(3) switch
            {
                0 => value[..place],
                1 => value[..place] + (value[place] == 'A' ? 'B' : 'A') + value[(place + 1)..],
                _ => value.Insert(place, random.Pick((string[])[" ", "=", ".", "\t", "%20"])),
            });
        }
    }
}
