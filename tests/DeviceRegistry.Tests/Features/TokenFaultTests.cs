using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using DeviceRegistry.Domain.Tokens;
using DeviceRegistry.Tests.Infrastructure;
using TestSupport;

namespace DeviceRegistry.Tests.Features;

/// <summary>A caller is told one thing about every bad token (contract §1.2); whoever watches the metrics is told which check failed.</summary>
public sealed class TokenFaultTests(RegistryApp app)
{
    public static TheoryData<string, Action<IDictionary<string, object?>, long>> BadClaims => new()
    {
        { TokenFault.UnknownIssuer, (claims, _) => claims["iss"] = "https://elsewhere.example" },
        { TokenFault.Audience, (claims, _) => claims["aud"] = "others" },
        { TokenFault.Time, (claims, now) => claims["exp"] = now - 60 },
        { TokenFault.Subject, (claims, _) => claims["sub"] = "" },
    };

    [Theory]
    [MemberData(nameof(BadClaims))]
    public Task Refused_BadClaim_IsNamed(string fault, Action<IDictionary<string, object?>, long> change)
        => AssertRefusedAsync(fault, TestJwt.Create(app.Issuer.Ec, "ec", Claims(change)));

    [Fact]
    public async Task Refused_BadFormHeaderKeyOrSignature_IsNamed()
    {
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var claims = Claims((_, _) => { });

        await AssertRefusedAsync(TokenFault.Missing, null);
        await AssertRefusedAsync(TokenFault.Malformed, "a.b.c");
        await AssertRefusedAsync(TokenFault.Header, TestJwt.Create(app.Issuer.Ec, "ec", claims, "HS256"));
        await AssertRefusedAsync(TokenFault.UnknownKey, TestJwt.Create(app.Issuer.Ec, "nobody's", claims));
        await AssertRefusedAsync(TokenFault.Signature, TestJwt.Create(foreign, "ec", claims));
    }

    private Dictionary<string, object?> Claims(Action<IDictionary<string, object?>, long> change)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["iss"] = app.Issuer.Issuer, ["aud"] = TestIssuer.Audience, ["sub"] = "user-1", ["exp"] = now + 60,
        };
        change(claims, now);
        return claims;
    }

    private async Task AssertRefusedAsync(string fault, string? token)
    {
        using var metrics = new RequestMetrics(app.Get<IMeterFactory>());
        using var client = app.CreateClient();
        foreach (var (method, path) in new[] { (HttpMethod.Get, "devices"), (HttpMethod.Post, "devices/none/heartbeat") })
        {
            using var request = new HttpRequestMessage(method, $"{RegistryApp.Api}/realm/groups/1/{path}");
            if (token is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
            }

            Assert.Equal((401, fault), await metrics.SendAsync(client, request));
        }
    }
}
