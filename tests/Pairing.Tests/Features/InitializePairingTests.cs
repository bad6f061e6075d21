using System.Net;
using System.Net.Http.Headers;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §5.1.</summary>
public sealed class InitializePairingTests(PairingApp app)
{
    [Fact]
    public async Task InitializePairing_ValidRequest_AnswersNonceAndIsPending()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync(username: "ada ✓");
        using var phone = new TestPhone(app);

        using var response = await phone.PostInitAsync(pairing.Jwt);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var body = System.Text.Json.JsonDocument.Parse(text).RootElement;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["nonce", "expiresAt", "username"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(32, Convert.FromBase64String(body.Text("nonce")).Length);
        Assert.Contains(body.Text("nonce"), text, StringComparison.Ordinal); // as it stands, '+' and '/' not escaped
        Assert.Equal(pairing.Exp, body.GetProperty("expiresAt").GetInt64());
        Assert.Equal("ada ✓", body.Text("username"));
        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated", "PairingInitialized"], await app.EventsOfAsync(pairing.Jti));
        Assert.Equal(0, await app.RowsOfUserAsync(pairing.UserId));
    }

    public static TheoryData<string, string, object?> InvalidFields()
    {
        var data = new TheoryData<string, string, object?>();
        foreach (var field in new[] { "deviceId", "displayName", "publicKey", "fcmToken", "platform" })
        {
            data.Add("missing", field, null);
            data.Add("number", field, 5);
            data.Add("array", field, Array.Empty<string>());
            data.Add("empty", field, "");
        }

        data.Add("129 characters", "deviceId", new string('x', 129));
        data.Add("control", "deviceId", "a\tb");
        data.Add("delete", "deviceId", "a\u007fb");
        data.Add("C1 control", "deviceId", "a\u0085b");
        data.Add("blank", "displayName", "   ");
        data.Add("129 characters", "displayName", new string('x', 129));
        data.Add("control", "displayName", "a\nb");
        data.Add("4097 characters", "fcmToken", new string('x', 4097));
        data.Add("unknown", "platform", "WINDOWS");
        data.Add("lower case", "platform", "android");
        data.Add("65 characters", "osVersion", new string('x', 65));
        data.Add("number", "osVersion", 15);
        data.Add("NUL", "osVersion", "1\0");
        data.Add("129 characters", "model", new string('x', 129));
        data.Add("object", "model", new object());
        return data;
    }

    [Theory]
    [MemberData(nameof(InvalidFields))]
    public async Task InitializePairing_InvalidField_RejectedAndNothingUsedUp(string what, string field, object? value)
    {
        Assert.NotEmpty(what);
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        var announcement = phone.Announcement();
        announcement[field] = value;

        using var response = await phone.PostInitAsync(pairing.Jwt, announcement);

        var body = await response.AssertProblemAsync(400, "Bad request", "validation_failed");
        Assert.Equal(field, Assert.Single(body.GetProperty("fields").EnumerateObject()).Name);
        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated"], await app.EventsOfAsync(pairing.Jti));
        await phone.InitAsync(pairing.Jwt);
    }

    [Fact]
    public async Task InitializePairing_SeveralInvalidFields_AllAreNamed()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        using var response = await phone.PostInitAsync(pairing.Jwt, new { });
        var body = await response.AssertProblemAsync(400, "Bad request", "validation_failed");
        Assert.Equal(
            ["deviceId", "displayName", "fcmToken", "platform", "publicKey"],
            body.GetProperty("fields").EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task InitializePairing_FieldsAtTheirLimits_AreTakenAndStoredExactly()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app) { DeviceId = " " + new string('é', 126) + " ", PushToken = new string('t', 4096) };
        var announcement = phone.Announcement();
        announcement["displayName"] = "  " + new string('n', 128) + "\t";
        announcement["platform"] = "IOS";
        announcement["osVersion"] = new string('v', 64);
        announcement["model"] = new string('m', 128);
        announcement["attestation"] = new { anything = new[] { 1, 2 } };

        using var response = await phone.PostInitAsync(pairing.Jwt, announcement);
        var nonce = (await response.JsonAsync()).Text("nonce");
        using var complete = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        var device = Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());

        Assert.Equal(phone.DeviceId, device.Text("deviceId"));
        Assert.Equal(new string('n', 128), device.Text("displayName"));
        Assert.Equal("IOS", device.Text("platform"));
        Assert.Equal(new string('v', 64), device.Text("osVersion"));
        Assert.Equal(new string('m', 128), device.Text("model"));
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")]
    public async Task InitializePairing_KeyNotAccepted_RejectedAndNothingUsedUp(string key)
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        var announcement = phone.Announcement();
        announcement["publicKey"] = key;

        using var response = await phone.PostInitAsync(pairing.Jwt, announcement);

        await response.AssertProblemAsync(400, "Public key rejected", "public_key_invalid");
        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
        await phone.InitAsync(pairing.Jwt);
    }

    [Fact]
    public async Task InitializePairing_KeyOf2049Characters_IsAKeyFault()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        var announcement = phone.Announcement();
        announcement["publicKey"] = phone.PublicKey + new string(' ', 2049 - phone.PublicKey.Length);
        using var refused = await phone.PostInitAsync(pairing.Jwt, announcement);
        await refused.AssertProblemAsync(400, "Public key rejected", "public_key_invalid");

        announcement["publicKey"] = phone.PublicKey + new string(' ', 2048 - phone.PublicKey.Length);
        using var taken = await phone.PostInitAsync(pairing.Jwt, announcement);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task InitializePairing_Twice_SecondRejectedAndFirstKeepsTheDevice()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var first = new TestPhone(app);
        using var second = new TestPhone(app);
        var nonce = await first.InitAsync(pairing.Jwt);

        using var response = await second.PostInitAsync(pairing.Jwt);

        await response.AssertUnavailableAsync("pairing_already_initialized");
        using var complete = await first.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);
        using var again = await second.PostInitAsync(pairing.Jwt);
        await again.AssertUnavailableAsync("pairing_already_initialized");
        Assert.Single(await app.EventBodiesAsync("PairingInitialized", pairing.UserId));
    }

    [Fact]
    public async Task InitializePairing_InParallel_OneWinsAndItsDeviceIsStored()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        var phones = Enumerable.Range(0, 50).Select(_ => new TestPhone(app)).ToList();

        var responses = await Task.WhenAll(phones.Select(phone => phone.PostInitAsync(pairing.Jwt)));

        var winner = Assert.Single(Enumerable.Range(0, 50), i => responses[i].StatusCode == HttpStatusCode.OK);
        for (var i = 0; i < 50; i++)
        {
            if (i != winner)
            {
                // A machine that has no time for it may say "try again", which is no answer yet.
                using var answer = responses[i].StatusCode == HttpStatusCode.ServiceUnavailable ? await phones[i].PostInitAsync(pairing.Jwt) : responses[i];
                await answer.AssertUnavailableAsync("pairing_already_initialized");
            }
        }

        Assert.Equal(["PairingCreated", "PairingInitialized"], await app.EventsOfAsync(pairing.Jti));
        var nonce = (await responses[winner].JsonAsync()).Text("nonce");
        using var complete = await phones[winner].PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, complete.StatusCode);
        var device = Assert.Single((await pairing.Tenant.DevicesAsync(pairing.UserId)).EnumerateArray());
        Assert.Equal(phones[winner].Thumbprint, device.Text("publicKeyThumbprint"));
        phones.ForEach(phone => phone.Dispose());
    }

    [Fact]
    public async Task InitializePairing_StateLost_RejectedAsNotFound()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        await app.LoseStateAsync(pairing.Jti);

        using var response = await phone.PostInitAsync(pairing.Jwt);

        await response.AssertUnavailableAsync("pairing_not_found_or_expired");
    }

    public static TheoryData<string?> BadAuthorizations => [(string?)null, "", "Bearer", "Bearer ", "Basic abc", "abc.def.ghi", "Bearer abc.def.ghi", "Bearer a b c"];

    [Theory]
    [MemberData(nameof(BadAuthorizations))]
    public async Task InitializePairing_NoGenuineToken_RejectedBeforeTheBodyIsLookedAt(string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mobile/v1/pairing/init") { Content = new StringContent("not json at all") };
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_token");
        Assert.Equal("Bearer error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString());
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task InitializePairing_SchemeInAnyCase_IsTaken(string scheme)
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mobile/v1/pairing/init") { Content = JsonContent(phone) };
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, pairing.Jwt);
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task InitializePairing_TokenElsewhere_IsNotRead()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/mobile/v1/pairing/init?access_token={pairing.Jwt}&jwt={pairing.Jwt}") { Content = JsonContent(phone) };
        request.Headers.Add("Cookie", $"token={pairing.Jwt}");
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_token");
    }

    [Fact]
    public async Task InitializePairing_TwoAuthorizationHeaders_Rejected()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mobile/v1/pairing/init") { Content = JsonContent(phone) };
        request.Headers.TryAddWithoutValidation("Authorization", [$"Bearer {pairing.Jwt}", $"Bearer {pairing.Jwt}"]);
        using var response = await app.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.AssertProblemAsync(401, "Unauthorized", "invalid_token");
    }

    [Fact]
    public async Task InitializePairing_GenuineTokenWithoutSubject_RejectedForItsClaims()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(app.Get<Pairing.Domain.KeyRing>().Signing.Pair.Parameters);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var jwt = TestJwt.Create(key, app.Get<Pairing.Domain.KeyRing>().Signing.KeyId, new
        {
            iss = "hauth:orchestrator", aud = "hauth:pairing", iat = now, exp = now + 60, jti = Guid.NewGuid(), tenantId = "x", userId = Guid.NewGuid(),
        });
        using var phone = new TestPhone(app);
        using var response = await phone.PostInitAsync(jwt);
        await response.AssertProblemAsync(403, "Token rejected", "invalid_token_claims");
    }

    /// <summary>A token of ours for the right jti and another tenant, user or issuer can only be made by us; it must not pass all the same.</summary>
    [Theory]
    [InlineData(true, false, "tenant_mismatch")]
    [InlineData(false, true, "pairing_not_found_or_expired")]
    public async Task InitializePairing_TokenOfAnotherTenantOrUser_Rejected(bool otherTenant, bool otherUser, string error)
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var jwt = app.Get<Pairing.Domain.PairingTokenIssuer>().Issue(
            pairing.Jti, otherTenant ? Guid.NewGuid() : pairing.Tenant.Id, otherUser ? Guid.NewGuid() : pairing.UserId, now, now + 60);

        using var response = await phone.PostInitAsync(jwt);

        await response.AssertUnavailableAsync(error);
        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
    }

    [Fact]
    public async Task InitializePairing_KeyOfAnotherUser_IsTakenAndReported()
    {
        var tenant = await app.CreateTenantAsync();
        using var phone = new TestPhone(app);
        await phone.PairAsync(await tenant.CreatePairingAsync());
        var second = await tenant.CreatePairingAsync();

        await phone.PairAsync(second);

        Assert.Equal(["PairingCreated", "PairingInitialized", "PublicKeyReused", "DevicePaired"], await app.EventsOfAsync(second.Jti));
        var reused = Assert.Single(await app.EventBodiesAsync("PublicKeyReused", second.UserId));
        Assert.Equal(phone.Thumbprint, reused.Text("publicKeyThumbprint"));
        Assert.Equal(1, reused.GetProperty("otherUsers").GetInt32());
    }

    private static StringContent JsonContent(TestPhone phone)
        => new(System.Text.Json.JsonSerializer.Serialize(phone.Announcement()), System.Text.Encoding.UTF8, "application/json");
}
