using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ScopeSigning.Domain;
using ScopeSigning.Signing;

namespace Benchmarks;

/// <summary>A self-signed token, checked as a request's body is, against libsodium's verification of the same bytes.</summary>
internal sealed class TokenVerification : IBenchmark
{
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);

    /// <summary>The two take turns, so that both see the same machine.</summary>
    private const int Slices = 8;

    public string Name => "token-verification";

    public Task<IReadOnlyList<Result>> RunAsync()
    {
        var seed = new byte[32];
        Random.Shared.NextBytes(seed);
        var key = Ed25519.PublicKeyOf(seed);
        var token = MakeToken(seed, key);
        var parts = token.Split('.');
        var message = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        var signature = Ed25519.Sign(seed, message);

        var verifier = new SelfSignedTokenVerifier(new IssuerIdentity("http://localhost:8080", "http://localhost:8080/scope-signing"), TimeProvider.System);
        bool Whole() => !verifier.Verify(token, AuthentiqIdProfile.Register).IsRefused(out _, out _);
        bool Bare() => Sodium.VerifyDetached(signature, message, (ulong)message.Length, key) == 0;

        var (whole, bare) = (0L, 0L);
        Count(Whole);
        Count(Bare);
        for (var slice = 0; slice < Slices; slice++)
        {
            whole += Count(Whole);
            bare += Count(Bare);
        }

        return Task.FromResult<IReadOnlyList<Result>>(
        [
            new("scope-signing: a token's 14 checks", Rate(whole), $"libsodium verify, {Rate(bare)}", (double)whole / bare, "≥ 0.6"),
        ]);
    }

    private static long Count(Func<bool> verify)
    {
        var count = 0L;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Slice; count += 16)
        {
            for (var i = 0; i < 16; i++)
            {
                if (!verify())
                {
                    throw new InvalidOperationException("The token must verify, or nothing is measured.");
                }
            }
        }

        return count;
    }

    private static string MakeToken(byte[] seed, byte[] key)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { sub = Base64UrlText.Encode(key), iat = now, exp = now + 3600, jti = "benchmark", devtoken = "device-1" });
        var input = $"{Base64UrlText.Encode("""{"alg":"EdDSA","typ":"JWT"}"""u8)}.{Base64UrlText.Encode(payload)}";
        return $"{input}.{Base64UrlText.Encode(Ed25519.Sign(seed, Encoding.ASCII.GetBytes(input)))}";
    }

    private static string Rate(long count) => string.Create(CultureInfo.InvariantCulture, $"{count / Slices / Slice.TotalSeconds:N0}/s");
}
