using System.Text.Json;

namespace Campaigns.Tests.Families;

/// <summary>What an error looks like in one API family; where the contract says it is named beside each.</summary>
internal abstract class ApiFamily
{
    public abstract string Name { get; }

    /// <summary>Media type of an error.</summary>
    protected abstract string MediaType { get; }

    /// <summary>What is wrong with an error of this family; nothing when it is as it should be.</summary>
    public IEnumerable<string> FaultsOf(int status, string? mediaType, ReadOnlyMemory<byte> body, string correlationId)
    {
        if (mediaType != MediaType)
        {
            yield return $"media type {mediaType ?? "missing"} instead of {MediaType}";
        }

        JsonDocument document;
        string? unreadable = null;
        try
        {
            document = JsonDocument.Parse(body, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            unreadable = exception.Message;
            document = JsonDocument.Parse("{}");
        }

        using (document)
        {
            if (unreadable is not null || document.RootElement.ValueKind != JsonValueKind.Object)
            {
                yield return body.IsEmpty ? "no body" : "the body is no JSON object";
                yield break;
            }

            foreach (var fault in FaultsOf(status, document.RootElement, correlationId))
            {
                yield return fault;
            }
        }
    }

    protected abstract IEnumerable<string> FaultsOf(int status, JsonElement error, string correlationId);

    protected static bool HasText(JsonElement error, string name)
        => error.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String && member.GetString()!.Length > 0;

    protected static bool HasNumber(JsonElement error, string name, int value)
        => error.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var number) && number == value;

    protected static bool IsUpperSnakeCase(JsonElement error, string name)
        => HasText(error, name) && error.GetProperty(name).GetString()!.All(character => char.IsAsciiLetterUpper(character) || char.IsAsciiDigit(character) || character == '_');
}

/// <summary>Paths of no service: RFC 9457 with a stable code in <c>error</c>.</summary>
internal class PlatformFamily : ApiFamily
{
    public override string Name => "platform";

    protected override string MediaType => "application/problem+json";

    protected override IEnumerable<string> FaultsOf(int status, JsonElement error, string correlationId)
    {
        foreach (var name in (string[])["type", "title", "detail", "error"])
        {
            if (!HasText(error, name))
            {
                yield return $"no {name}";
            }
        }

        if (!HasNumber(error, "status", status))
        {
            yield return "status is not the answer's";
        }
    }
}

/// <summary>pairing §1.1: the same with a time.</summary>
internal sealed class PairingFamily : PlatformFamily
{
    public override string Name => "pairing";

    protected override IEnumerable<string> FaultsOf(int status, JsonElement error, string correlationId)
    {
        foreach (var fault in base.FaultsOf(status, error, correlationId))
        {
            yield return fault;
        }

        if (!HasText(error, "timestamp") || !error.GetProperty("timestamp").TryGetDateTimeOffset(out _))
        {
            yield return "no timestamp";
        }
    }
}

/// <summary>scope-signing §2.4: <c>error</c> is the status, <c>type</c> a URI that ends in a code; 500 and 503 are the only 5xx.</summary>
internal sealed class ScopeSigningFamily : ApiFamily
{
    public override string Name => "scope-signing";

    protected override string MediaType => "application/json";

    protected override IEnumerable<string> FaultsOf(int status, JsonElement error, string correlationId)
    {
        if (!HasNumber(error, "error", status))
        {
            yield return "error is not the status";
        }

        if (!HasText(error, "type") || !Uri.TryCreate(error.GetProperty("type").GetString(), UriKind.Absolute, out var type) || !type.AbsolutePath.Contains("/errors/", StringComparison.Ordinal))
        {
            yield return "type is no URI of an error";
        }

        foreach (var name in (string[])["title", "detail"])
        {
            if (!HasText(error, name))
            {
                yield return $"no {name}";
            }
        }

        if (status > 500 && status != 503)
        {
            yield return "a 5xx that the contract does not know";
        }
    }
}

/// <summary>identity-auth §1.5: <c>code</c> in upper snake case and <c>message</c>.</summary>
internal sealed class IdentityAuthFamily : ApiFamily
{
    public override string Name => "identity-auth";

    protected override string MediaType => "application/json";

    protected override IEnumerable<string> FaultsOf(int status, JsonElement error, string correlationId)
    {
        if (!IsUpperSnakeCase(error, "code"))
        {
            yield return "no code";
        }

        if (!HasText(error, "message"))
        {
            yield return "no message";
        }
    }
}

/// <summary>device-registry §1.4: <c>error</c> in upper snake case, <c>message</c>, and <c>requestId</c>, the correlation id.</summary>
internal sealed class DeviceRegistryFamily : ApiFamily
{
    public override string Name => "device-registry";

    protected override string MediaType => "application/json";

    protected override IEnumerable<string> FaultsOf(int status, JsonElement error, string correlationId)
    {
        if (!IsUpperSnakeCase(error, "error"))
        {
            yield return "no error";
        }

        if (!HasText(error, "message"))
        {
            yield return "no message";
        }

        if (!HasText(error, "requestId") || error.GetProperty("requestId").GetString() != correlationId)
        {
            yield return "requestId is not the correlation id";
        }
    }
}
