namespace DeviceRegistry.Http;

/// <summary>Reads the body of the operations that store secrets.</summary>
internal static class SecretsBody
{
    /// <summary>The ciphertext, and the version that it is to take the place of, if the caller says so.</summary>
    public static async Task<(SecretsWrite? Write, IResult? Refusal)> ReadAsync(HttpRequest request)
    {
        var (body, problem) = await StrictJsonBody.ReadAsync(request, StrictJsonBody.LargeLimit);
        if (body is null)
        {
            return (null, problem);
        }

        using (body)
        {
            var write = new SecretsWrite(
                body.RequiredBytes("encryptedPayload", PublishedLimits.MinimumCiphertext, PublishedLimits.MaximumSecrets), body.OptionalInteger("expectedVersion"));
            return body.Refusal is { } refusal ? (null, refusal) : (write, null);
        }
    }
}

internal sealed record SecretsWrite(byte[] Payload, long? ExpectedVersion);
