using System.Net;
using System.Security.Cryptography;
using Pairing.Domain;
using Pairing.Tests.Infrastructure;

namespace Pairing.Tests.Features;

/// <summary>Contract §5.2.</summary>
public sealed class CompletePairingTests(PairingApp app)
{
    private const string OtherNonce = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    [Fact]
    public async Task CompletePairing_RightProof_LinksThePhoneAndPublishesDevicePaired()
    {
        var (pairing, phone, nonce) = await PendingAsync();

        using var response = await phone.PostCompleteAsync(pairing.Jwt, nonce);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated", "PairingInitialized", "DevicePaired"], await app.EventsOfAsync(pairing.Jti));
        Assert.Equal(4, await app.RowsOfUserAsync(pairing.UserId));

        var paired = Assert.Single(await app.EventBodiesAsync("DevicePaired", pairing.UserId));
        Assert.Equal(
            ["deviceId", "deviceReference", "displayName", "hasPushToken", "jti", "occurredAt", "platform", "publicKey", "publicKeyThumbprint", "tenantId", "userId"],
            paired.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal(pairing.Tenant.Id.ToString(), paired.Text("tenantId"));
        Assert.Equal(phone.DeviceId, paired.Text("deviceId"));
        Assert.Equal("Ada's phone", paired.Text("displayName"));
        Assert.Equal("ANDROID", paired.Text("platform"));
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(phone.Key.ExportSubjectPublicKeyInfo()), paired.Text("publicKey"));
        Assert.Equal(phone.Thumbprint, paired.Text("publicKeyThumbprint"));
        Assert.True(paired.GetProperty("hasPushToken").GetBoolean());
        var row = Guid.Parse(paired.Text("deviceReference")["pairing:".Length..]);
        Assert.Equal(1, await app.CountAsync("SELECT count(*) FROM user_device WHERE id = @row", new { row }));
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_PushTokenThatNoServiceTakes_IsNotAnnounced()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app) { PushToken = "with space" };
        await phone.PairAsync(pairing);
        Assert.False(Assert.Single(await app.EventBodiesAsync("DevicePaired", pairing.UserId)).GetProperty("hasPushToken").GetBoolean());
    }

    [Fact]
    public async Task CompletePairing_Again_RejectedAsReplayed()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        using var first = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        using var second = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        await second.AssertUnavailableAsync("pairing_replayed");
        Assert.Single(await app.EventBodiesAsync("DevicePaired", pairing.UserId));
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_BeforeInit_RejectedAsNotPending()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        using var phone = new TestPhone(app);
        using var response = await phone.PostCompleteAsync(pairing.Jwt, OtherNonce);
        await response.AssertUnavailableAsync("pairing_not_pending");
        Assert.Equal(("CREATED", "created"), await pairing.StatusAsync());
    }

    [Fact]
    public async Task CompletePairing_StateLost_RejectedAsNotFound()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        await app.LoseStateAsync(pairing.Jti);
        using var response = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        await response.AssertUnavailableAsync("pairing_not_found_or_expired");
        Assert.Equal(0, await app.RowsOfUserAsync(pairing.UserId));
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_StateLostAfterTheLink_RejectedAsReplayedAndStillApproved()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        using var first = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        await app.LoseStateAsync(pairing.Jti);

        using var second = await phone.PostCompleteAsync(pairing.Jwt, nonce);

        await second.AssertUnavailableAsync("pairing_replayed");
        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_SignatureOverAnotherNonce_DeniesThePairing()
    {
        var (pairing, phone, nonce) = await PendingAsync();

        using var response = await phone.PostCompleteAsync(pairing.Jwt, OtherNonce);

        await response.AssertProblemAsync(400, "Proof rejected", "signature_invalid");
        await AssertDeniedAsync(pairing, "signature_invalid");
        using var right = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        await right.AssertUnavailableAsync("pairing_not_pending");
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_SignatureByAnotherKey_DeniesThePairing()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        using var stranger = new TestPhone(app);
        using var response = await phone.PostCompleteAsync(pairing.Jwt, stranger.Sign(nonce), await phone.DataTokenAsync());
        await response.AssertProblemAsync(400, "Proof rejected", "signature_invalid");
        await AssertDeniedAsync(pairing, "signature_invalid");
        phone.Dispose();
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("")]
    public async Task CompletePairing_DataTokenThatDoesNotOpen_DeniesThePairing(string dataToken)
    {
        var (pairing, phone, nonce) = await PendingAsync();
        using var response = await phone.PostCompleteAsync(pairing.Jwt, phone.Sign(nonce), dataToken);
        await response.AssertProblemAsync(400, "Data token rejected", "data_token_invalid");
        await AssertDeniedAsync(pairing, "data_token_invalid");
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_DataTokenOfAnotherPhone_DeniesThePairing()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        using var stranger = new TestPhone(app);
        using var response = await phone.PostCompleteAsync(pairing.Jwt, phone.Sign(nonce), await stranger.DataTokenAsync());
        await response.AssertProblemAsync(400, "Data token rejected", "data_token_invalid");
        await AssertDeniedAsync(pairing, "data_token_invalid");
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_BothWrong_SignatureIsJudgedFirst()
    {
        var (pairing, phone, _) = await PendingAsync();
        using var response = await phone.PostCompleteAsync(pairing.Jwt, phone.Sign(OtherNonce), "garbage");
        await response.AssertProblemAsync(400, "Proof rejected", "signature_invalid");
        phone.Dispose();
    }

    public static TheoryData<string, string, string> Malformed => new()
    {
        { "no members", "{}", "validation_failed" },
        { "no signature", """{"dataToken":"a"}""", "validation_failed" },
        { "no data token", """{"signature":"a"}""", "validation_failed" },
        { "empty signature", """{"dataToken":"a","signature":""}""", "validation_failed" },
        { "signature of 513", $$"""{"dataToken":"a","signature":"{{new string('A', 513)}}"}""", "validation_failed" },
        { "signature of 512", $$"""{"dataToken":"a","signature":"{{new string('A', 512)}}"}""", "signature_malformed" },
        { "signature number", """{"dataToken":"a","signature":1}""", "validation_failed" },
        { "data token number", """{"dataToken":1,"signature":"a"}""", "validation_failed" },
        { "signature short", """{"dataToken":"a","signature":"AAAA"}""", "signature_malformed" },
        { "standard base64", $$"""{"dataToken":"a","signature":"{{new string('A', 84)}}+/"}""", "signature_malformed" },
        { "duplicate", """{"dataToken":"a","dataToken":"b","signature":"AAAA"}""", "invalid_json" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task CompletePairing_MalformedInput_RejectedAndTheNonceStaysGood(string what, string json, string error)
    {
        Assert.NotEmpty(what);
        var (pairing, phone, nonce) = await PendingAsync();

        using var response = await phone.PostAsync("complete", pairing.Jwt, json);

        await response.AssertProblemAsync(400, error == "signature_malformed" ? "Proof rejected" : "Bad request", error);
        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        using var right = await phone.PostCompleteAsync(pairing.Jwt, nonce);
        Assert.Equal(HttpStatusCode.NoContent, right.StatusCode);
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_DerSignature_RejectedAsMalformed()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        var der = phone.Key.SignData(System.Text.Encoding.ASCII.GetBytes(nonce), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        using var response = await phone.PostCompleteAsync(pairing.Jwt, System.Buffers.Text.Base64Url.EncodeToString(der), "a");
        await response.AssertProblemAsync(400, "Proof rejected", "signature_malformed");
        Assert.Equal(("PENDING", "initialized"), await pairing.StatusAsync());
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_SignaturePaddedAndDataTokenEscaped_IsTheSame()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        var token = (await phone.DataTokenAsync()).Replace(".", "\\u002e", StringComparison.Ordinal);
        using var response = await phone.PostAsync("complete", pairing.Jwt, $$"""{"signature":"{{phone.Sign(nonce)}}==","dataToken":"{{token}}","more":1}""");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_LargestDataToken_IsTaken()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        // 9/16 of a token's characters are payload: two encodings, one inside the other.
        var series = string.Join(',', Enumerable.Repeat("0.1234567", 57_000));
        var token = await phone.DataTokenAsync($$"""{"refEcg":[[{{series}}]]}""");
        Assert.InRange(token.Length, DataToken.MaximumLength - 50_000, DataToken.MaximumLength);

        using var response = await phone.PostCompleteAsync(pairing.Jwt, phone.Sign(nonce), token);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_UserLinkedMeanwhile_RejectedAndDenied()
    {
        // Two pairings of one user can only be pending at once when a realm is in play; here the second one's user is linked by hand.
        var (pairing, phone, nonce) = await PendingAsync();
        await app.CountAsync(
            "INSERT INTO app_user (id, tenant_id, user_id, linked_at) VALUES (gen_random_uuid(), @tenant, @user, now()) RETURNING 1",
            new { tenant = pairing.Tenant.Id, user = pairing.UserId });

        using var response = await phone.PostCompleteAsync(pairing.Jwt, nonce);

        await response.AssertUnavailableAsync("user_already_paired");
        Assert.Equal(("DENIED", "user_already_paired"), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated", "PairingInitialized", "PairingDenied"], await app.EventsOfAsync(pairing.Jti));
        Assert.Equal(1, await app.RowsOfUserAsync(pairing.UserId));
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_200InParallel_LinksOnce()
    {
        var (pairing, phone, nonce) = await PendingAsync();
        var dataToken = await phone.DataTokenAsync();

        var responses = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => phone.PostCompleteAsync(pairing.Jwt, phone.Sign(nonce), dataToken)));

        Assert.Single(responses, response => response.StatusCode == HttpStatusCode.NoContent);
        foreach (var response in responses.Where(response => response.StatusCode != HttpStatusCode.NoContent))
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains((await response.JsonAsync()).Text("error"), (string[])["pairing_not_pending", "pairing_replayed"]);
        }

        Assert.Equal(4, await app.RowsOfUserAsync(pairing.UserId));
        Assert.Equal(["PairingCreated", "PairingInitialized", "DevicePaired"], await app.EventsOfAsync(pairing.Jti));
        Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
        phone.Dispose();
    }

    [Fact]
    public async Task CompletePairing_RightAndWrongAtOnce_NeverBothEffects()
    {
        var tenant = await app.CreateTenantAsync();
        for (var round = 0; round < 15; round++)
        {
            var pairing = await tenant.CreatePairingAsync();
            using var phone = new TestPhone(app);
            var nonce = await phone.InitAsync(pairing.Jwt);
            var dataToken = await phone.DataTokenAsync();

            var both = await Task.WhenAll(Enumerable.Range(0, 6).Select(i =>
                phone.PostCompleteAsync(pairing.Jwt, phone.Sign(i % 2 == round % 2 ? nonce : OtherNonce), dataToken)));

            var linked = both.Count(response => response.StatusCode == HttpStatusCode.NoContent);
            var denied = 0;
            foreach (var response in both.Where(response => response.StatusCode != HttpStatusCode.NoContent))
            {
                denied += (await response.JsonAsync()).Text("error") == "signature_invalid" ? 1 : 0;
            }

            Assert.Equal(1, linked + denied);
            Assert.Equal(linked == 1 ? ("APPROVED", "completed") : ("DENIED", "signature_invalid"), await pairing.StatusAsync());
            Assert.Equal(linked * 4, await app.RowsOfUserAsync(pairing.UserId));
            Assert.Equal(["PairingCreated", "PairingInitialized", linked == 1 ? "DevicePaired" : "PairingDenied"], await app.EventsOfAsync(pairing.Jti));
        }
    }

    [Fact]
    public async Task CompletePairing_AgainstASupersedingCreate_OneOfTwoOutcomes()
    {
        var tenant = await app.CreateTenantAsync();
        for (var round = 0; round < 20; round++)
        {
            var pairing = await tenant.CreatePairingAsync();
            using var phone = new TestPhone(app);
            var nonce = await phone.InitAsync(pairing.Jwt);
            var (signature, dataToken) = (phone.Sign(nonce), await phone.DataTokenAsync());

            var completing = phone.PostCompleteAsync(pairing.Jwt, signature, dataToken);
            var creating = tenant.PostPairingAsync(new { userId = pairing.UserId, username = "ada" });
            using var complete = await completing;
            using var create = await creating;

            if (complete.StatusCode == HttpStatusCode.NoContent)
            {
                await create.AssertUnavailableAsync("user_already_paired");
                Assert.Equal(("APPROVED", "completed"), await pairing.StatusAsync());
                Assert.Equal(4, await app.RowsOfUserAsync(pairing.UserId));
                Assert.Empty(await app.EventBodiesAsync("PairingDenied", pairing.UserId));
            }
            else
            {
                await complete.AssertUnavailableAsync("pairing_not_pending");
                Assert.Equal(HttpStatusCode.Created, create.StatusCode);
                Assert.Equal(("DENIED", "superseded"), await pairing.StatusAsync());
                Assert.Equal(0, await app.RowsOfUserAsync(pairing.UserId));
                Assert.Empty(await app.EventBodiesAsync("DevicePaired", pairing.UserId));
            }
        }
    }

    private async Task<(TestPairing Pairing, TestPhone Phone, string Nonce)> PendingAsync()
    {
        var pairing = await (await app.CreateTenantAsync()).CreatePairingAsync();
        var phone = new TestPhone(app);
        return (pairing, phone, await phone.InitAsync(pairing.Jwt));
    }

    private async Task AssertDeniedAsync(TestPairing pairing, string reason)
    {
        Assert.Equal(("DENIED", reason), await pairing.StatusAsync());
        Assert.Equal(["PairingCreated", "PairingInitialized", "PairingDenied"], await app.EventsOfAsync(pairing.Jti));
        Assert.Equal(reason, Assert.Single(await app.EventBodiesAsync("PairingDenied", pairing.UserId)).Text("reason"));
        Assert.Equal(0, await app.RowsOfUserAsync(pairing.UserId));
    }
}
