using System.Globalization;
using Campaigns.Tests.Families;
using Campaigns.Tests.Http;

namespace Campaigns.Tests.BadInput;

/// <summary>What has to hold for every answer, whatever was asked.</summary>
internal static class Judgement
{
    private const string CorrelationId = "X-Correlation-Id";

    // What an exception's text looks like in .NET; the second is Npgsql's way to quote a server error.
    private static readonly byte[][] Indiscretions = ["   at "u8.ToArray(), "Exception:"u8.ToArray(), "SqlState"u8.ToArray(), "Npgsql"u8.ToArray(), "StackExchange"u8.ToArray()];

    /// <summary>What is wrong with the answer; nothing when it is as it should be.</summary>
    public static IEnumerable<string> FaultsOf(RequestDraft draft, RawRequest request, RawAnswer? answer)
    {
        if (answer is null)
        {
            // The server under the gateway ends the connection on what is no HTTP, and on a body that ends before its length.
            return draft.IsBeyondTheServer || request.ClaimedLength is not null ? [] : ["no answer"];
        }

        if (answer.Status >= 500)
        {
            return [$"{answer.Status}"];
        }

        return draft.IsBeyondTheServer && answer is { Status: >= 400, Body.Length: 0 }
            ? []
            : FaultsOfHead(request, answer).Concat(FaultsOfError(request, answer));
    }

    private static IEnumerable<string> FaultsOfHead(RawRequest request, RawAnswer answer)
    {
        var ids = answer.All(CorrelationId);
        if (ids is not [var id] || !IsCorrelationId(id))
        {
            yield return $"{ids.Count} correlation ids";
            yield break;
        }

        var sent = request.Headers.Where(header => header.Name.Equals(CorrelationId, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value.Trim()).ToList();
        if (sent is [var own] && IsCorrelationId(own) && own != id)
        {
            yield return "another correlation id than the client's";
        }

        foreach (var (name, value) in answer.Headers)
        {
            if (name.Equals("X-Injected", StringComparison.OrdinalIgnoreCase) || value.Contains('\n', StringComparison.Ordinal))
            {
                yield return "a header that the client made up";
            }
        }

        if (answer.Status == 429 && !answer.All("Retry-After").Any(value => int.TryParse(value, CultureInfo.InvariantCulture, out var seconds) && seconds > 0))
        {
            yield return "429 without Retry-After";
        }

        if (answer.Status == 405 && answer.All("Allow").Count == 0)
        {
            yield return "405 without Allow"; // RFC 9110 §15.5.6
        }

        if (answer.Status == 401 && answer.MediaType is "application/problem+json" && answer.All("WWW-Authenticate").Count == 0)
        {
            yield return "401 without WWW-Authenticate";
        }
    }

    private static IEnumerable<string> FaultsOfError(RawRequest request, RawAnswer answer)
    {
        if (answer.Status < 400 || request.Method == "HEAD")
        {
            return [];
        }

        var faults = ApiFamilies.Of(request.Target).Select(family => (family.Name, Faults: family.FaultsOf(answer.Status, answer.MediaType, answer.Body, answer.All(CorrelationId) is [var id, ..] ? id : "").ToList())).ToList();
        var shape = faults.Exists(one => one.Faults.Count == 0) ? [] : faults.SelectMany(one => one.Faults.Select(fault => $"not in the shape of {one.Name}: {fault}"));
        return Indiscretions.Any(text => answer.Body.AsSpan().IndexOf(text) >= 0) ? shape.Append("tells about its inside") : shape;
    }

    private static bool IsCorrelationId(string text)
        => text.Length is > 0 and <= 64 && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-');
}
