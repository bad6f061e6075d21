using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Edge;

/// <summary>The path and query as the client wrote them, before any decoding.</summary>
internal static class RequestTarget
{
    /// <summary>Begins with a slash, whether the client sent the origin form or the absolute form (RFC 9112 §3.2).</summary>
    public static string Of(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return target.StartsWith('/') ? target : OriginFormOf(target);
    }

    /// <summary>
    /// Whether a segment of the path is <c>.</c> or <c>..</c>, plain or percent-encoded. No client sends such a path by itself
    /// (RFC 3986 §5.2.4 removes them first), and a gateway and a service that resolve it apart would disagree on its owner.
    /// </summary>
    public static bool HasDotSegment(ReadOnlySpan<char> target)
    {
        var query = target.IndexOf('?');
        var path = query < 0 ? target : target[..query];
        if (!path.Contains("/.", StringComparison.Ordinal) && !path.Contains("/%2e", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        foreach (var range in path.Split('/'))
        {
            if (IsDots(path[range]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The target without the first segment of its path: <c>/a/b?c</c> becomes <c>/b?c</c>.</summary>
    public static string WithoutFirstSegment(string target)
    {
        var end = target.AsSpan(1).IndexOfAny('/', '?') + 1;
        return end switch
        {
            0 => "/",
            _ when target[end] == '/' => target[end..],
            _ => string.Concat("/", target.AsSpan(end)),
        };
    }

    private static string OriginFormOf(string target)
    {
        var authority = target.IndexOf("://", StringComparison.Ordinal);
        var path = authority < 0 ? -1 : target.AsSpan(authority + 3).IndexOfAny('/', '?');
        if (path < 0)
        {
            return "/";
        }

        path += authority + 3;
        return target[path] == '/' ? target[path..] : string.Concat("/", target.AsSpan(path));
    }

    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        var dots = 0;
        while (!segment.IsEmpty)
        {
            if (segment[0] == '.')
            {
                segment = segment[1..];
            }
            else if (segment.StartsWith("%2e", StringComparison.OrdinalIgnoreCase))
            {
                segment = segment[3..];
            }
            else
            {
                return false;
            }

            dots++;
        }

        return dots is 1 or 2;
    }
}
