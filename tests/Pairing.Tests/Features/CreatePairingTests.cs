using System.Buffers.Text;
using System.Net;
using System.Text.Json;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §7.1.</summary>
public sealed class CreatePairingTests(PairingApp app)
{
    [Fact]
    public async Task CreatePairing_ValidRequest_AnswersTokenAndStoresState()
    {
        var tenant = await app.CreateTenantAsync();
        var user = Guid.NewGuid();

        using var response = await tenant.PostPairingAsync(new { userId = user, username = "ada" });
        var body = await response.JsonAsync();

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(["exp", "jti", "jwt", "ttl"], body.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        var jti = Guid.Parse(body.Text("jti"));
        Assert.Equal(4, jti.Version);
        Assert.Equal($"/tenants/v1/pairing/status/{jti}", response.Headers.Location?.OriginalString);
        Assert.Equal(120, body.GetProperty("ttl").GetInt32());

        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(body.Text("jwt").Split('.')[1])).RootElement;
        Assert.Equal(jti.ToString(), claims.Text("jti"));
        Assert.Equal(tenant.Id.ToString(), claims.Text("tenantId"));
        Assert.Equal(user.ToString(), claims.Text("userId"));
        Assert.Equal(body.GetProperty("exp").GetInt64(), claims.GetProperty("exp").GetInt64());
        Assert.Equal(120, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        Assert.False(claims.TryGetProperty("username", out _));

        Assert.Equal(("CREATED", "created"), await tenant.StatusAsync(jti));
        Assert.Equal(["PairingCreated"], await app.EventsOfAsync(jti));
        var created = Assert.Single(await app.EventBodiesAsync("PairingCreated", user));
        Assert.Equal("created", created.Text("reason"));
    }

    [Theory]
    [InlineData("", 120)]
    [InlineData(",\"ttlSeconds\":null", 120)]
    [InlineData(",\"ttlSeconds\":29", 30)]
    [InlineData(",\"ttlSeconds\":30", 30)]
    [InlineData(",\"ttlSeconds\":300", 300)]
    [InlineData(",\"ttlSeconds\":301", 300)]
    [InlineData(",\"ttlSeconds\":-5", 30)]
    [InlineData(",\"ttlSeconds\":99999999999999999999", 300)]
    [InlineData(",\"ttlSeconds\":-99999999999999999999", 30)]
    public async Task CreatePairing_Lifetime_IsClamped(string member, int ttl)
    {
        var tenant = await app.CreateTenantAsync();
        using var response = await tenant.PostPairingAsync($$"""{"userId":"{{Guid.NewGuid()}}","username":"a"{{member}}}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(ttl, (await response.JsonAsync()).GetProperty("ttl").GetInt32());
    }

    public static TheoryData<string, string> Invalid => new()
    {
        { "userId", """{"username":"a"}""" },
        { "userId", """{"userId":null,"username":"a"}""" },
        { "userId", """{"userId":5,"username":"a"}""" },
        { "userId", """{"userId":"abc","username":"a"}""" },
        { "userId", """{"userId":"6f9619ff8b864011b42d00cf4fc964ff","username":"a"}""" },
        { "userId", """{"UserId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":"a"}""" },
        { "username", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff"}""" },
        { "username", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":""}""" },
        { "username", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":{}}""" },
        { "username", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":"a\u0000b"}""" },
        { "username", $$"""{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":"{{new string('a', 256)}}"}""" },
        { "ttlSeconds", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":"a","ttlSeconds":1.0}""" },
        { "ttlSeconds", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":"a","ttlSeconds":1e2}""" },
        { "ttlSeconds", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":"a","ttlSeconds":"60"}""" },
        { "ttlSeconds", """{"userId":"6f9619ff-8b86-4011-b42d-00cf4fc964ff","username":"a","ttlSeconds":true}""" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public async Task CreatePairing_InvalidField_RejectedAndNamed(string field, string json)
    {
        var tenant = await app.CreateTenantAsync();
        using var response = await tenant.PostPairingAsync(json);
        var body = await response.AssertProblemAsync(400, "Bad request", "validation_failed");
        Assert.Equal(field, Assert.Single(body.GetProperty("fields").EnumerateObject()).Name);
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM outbox WHERE body->>'tenantId' = @id", new { id = tenant.Id.ToString() }));
    }

    [Fact]
    public async Task CreatePairing_LongestName_IsTaken()
    {
        var tenant = await app.CreateTenantAsync();
        await tenant.CreatePairingAsync(username: new string('ü', 255));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("6f9619ff-8b86-4011-b42d-00cf4fc964ff")] // the administrator's
    [InlineData("00000000-0000-4000-8000-000000000000")]
    public async Task CreatePairing_ApiKeyMissingOrUnknown_Rejected(string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tenants/v1/pairing");
        request.Headers.TryAddWithoutValidation("X-API-Key", key);
        using var response = await app.Client.SendAsync(request);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_api_key");
        Assert.Equal("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task CreatePairing_ApiKeyInUpperCase_IsTheSameKey()
    {
        var tenant = await app.CreateTenantAsync();
        await new TestTenant(app, tenant.Id, tenant.ApiKey.ToUpperInvariant()).CreatePairingAsync();
    }

    [Fact]
    public async Task CreatePairing_ApiKeyTwice_Rejected()
    {
        var tenant = await app.CreateTenantAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tenants/v1/pairing");
        request.Headers.Add("X-API-Key", [tenant.ApiKey, tenant.ApiKey]);
        using var response = await app.Client.SendAsync(request);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_api_key");
    }

    [Fact]
    public async Task CreatePairing_UserLinked_RejectedAndNothingPublished()
    {
        var tenant = await app.CreateTenantAsync();
        var pairing = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);

        using var response = await tenant.PostPairingAsync(new { userId = pairing.UserId, username = "ada" });

        await response.AssertUnavailableAsync("user_already_paired");
        Assert.Single(await app.EventBodiesAsync("PairingCreated", pairing.UserId));
    }

    [Fact]
    public async Task CreatePairing_SameUserOfAnotherTenant_IsAnotherUser()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(pairing);

        var other = await (await app.CreateTenantAsync()).CreatePairingAsync(pairing.UserId);

        Assert.Equal(("CREATED", "created"), await other.StatusAsync());
    }

    [Fact]
    public async Task CreatePairing_UnfinishedOneOfTheUser_IsSuperseded()
    {
        var tenant = await app.CreateTenantAsync();
        var created = await tenant.CreatePairingAsync();
        var pending = await tenant.CreatePairingAsync(created.UserId);
        using var phone = new TestPhone(app);
        await phone.InitAsync(pending.Jwt);
        var last = await tenant.CreatePairingAsync(created.UserId);

        Assert.Equal(("DENIED", "superseded"), await created.StatusAsync());
        Assert.Equal(("DENIED", "superseded"), await pending.StatusAsync());
        Assert.Equal(("CREATED", "recreated"), await last.StatusAsync());
        Assert.Equal(["PairingCreated", "PairingDenied"], await app.EventsOfAsync(created.Jti));
        Assert.Equal(["PairingCreated", "PairingInitialized", "PairingDenied"], await app.EventsOfAsync(pending.Jti));
        Assert.All(await app.EventBodiesAsync("PairingDenied", created.UserId), body => Assert.Equal("superseded", body.Text("reason")));
        using var response = await phone.PostInitAsync(created.Jwt);
        await response.AssertUnavailableAsync("pairing_already_initialized");
    }

    [Fact]
    public async Task CreatePairing_DeniedOneOfTheUser_IsNotSuperseded()
    {
        var tenant = await app.CreateTenantAsync();
        var denied = await tenant.CreatePairingAsync();
        using var phone = new TestPhone(app);
        await phone.InitAsync(denied.Jwt);
        using var refusal = await phone.PostCompleteAsync(denied.Jwt, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");

        var next = await tenant.CreatePairingAsync(denied.UserId);

        Assert.Equal(("DENIED", "signature_invalid"), await denied.StatusAsync());
        Assert.Equal(("CREATED", "created"), await next.StatusAsync());
    }

    [Fact]
    public async Task CreatePairing_InParallelForOneUser_AllSucceedAndOneStaysUsable()
    {
        var tenant = await app.CreateTenantAsync();
        var user = Guid.NewGuid();

        var pairings = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => tenant.CreatePairingAsync(user)));

        var statuses = new List<(string, string?)>();
        foreach (var pairing in pairings)
        {
            statuses.Add(await pairing.StatusAsync());
        }

        Assert.Single(statuses, status => status.Item1 == "CREATED");
        Assert.Equal(39, statuses.Count(status => status == ("DENIED", "superseded")));
        Assert.Equal(40, (await app.EventBodiesAsync("PairingCreated", user)).Count);
        Assert.Equal(39, (await app.EventBodiesAsync("PairingDenied", user)).Count);
    }
}
