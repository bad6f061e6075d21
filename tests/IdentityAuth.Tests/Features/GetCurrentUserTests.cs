using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

/// <summary>Contract §8.1, and the header of §1.4.</summary>
public sealed class GetCurrentUserTests(IdentityApp app)
{
    [Fact]
    public async Task GetCurrentUser_LiveSession_HasEveryMember()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        var user = await account.UserAsync();

        string[] members =
        [
            "id", "username", "discriminator", "global_name", "avatar", "avatar_color", "flags", "is_staff", "acls", "traits", "email", "email_bounced", "phone", "verified",
            "mfa_enabled", "authenticator_types", "password_last_changed_at", "required_actions", "nsfw_allowed", "bio", "pronouns", "accent_color", "banner", "banner_color",
            "premium_since", "premium_until", "premium_billing_cycle", "premium_lifetime_sequence", "pending_bulk_message_deletion", "premium_type", "premium_will_cancel",
            "premium_badge_hidden", "premium_badge_masked", "premium_badge_timestamp_hidden", "premium_badge_sequence_hidden", "premium_purchase_disabled",
            "premium_enabled_override", "has_dismissed_premium_onboarding", "has_ever_purchased", "has_unread_gift_inventory", "used_mobile_client", "unread_gift_inventory_count",
        ];
        Assert.Equal(members.Order(StringComparer.Ordinal), user.EnumerateObject().Select(one => one.Name).Order(StringComparer.Ordinal));
        Assert.Equal(account.Id, user.Text("id"));
        Assert.True(user.GetProperty("nsfw_allowed").GetBoolean());
        Assert.False(user.GetProperty("is_staff").GetBoolean());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, user.GetProperty("required_actions").ValueKind);
    }

    [Theory]
    [InlineData("Bearer {0}", 200)]
    [InlineData("bearer {0}", 200)]
    [InlineData("Bot {0}", 401)]
    [InlineData("Admin {0}", 401)]
    [InlineData("{0} x", 401)]
    [InlineData("{0}0", 401)]
    public async Task GetCurrentUser_HeaderForms_TakenOrRefused(string header, int status)
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await client.GetAsync("/v1/users/@me", string.Format(null, header, account.Token));

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task GetCurrentUser_EncodedAt_IsTheSamePath()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();

        using var response = await account.GetAsync("/v1/users/%40me");

        Assert.Equal(account.Id, (await response.JsonAsync(200)).Text("id"));
    }

    [Fact]
    public async Task GetCurrentUser_SuspiciousActivity_RefusedWithTheMask()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await app.ChangeUserAsync(account.Id, "suspicious_activity = 5");

        using var response = await account.GetAsync("/v1/users/@me");
        using var allowed = await account.GetAsync("/v1/auth/sessions");

        var body = await response.AssertProblemAsync(403, "ACCOUNT_SUSPICIOUS_ACTIVITY");
        Assert.Equal(5, body.GetProperty("data").GetProperty("suspicious_activity_flags").GetInt32());
        await allowed.JsonAsync(200);
    }

    [Fact]
    public async Task GetCurrentUser_VerifiedAddressOfTheAdministrator_IsStaff()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync(IdentityApp.AdministratorEmail.ToUpperInvariant());
        Assert.False((await account.UserAsync()).GetProperty("is_staff").GetBoolean());

        await app.ChangeUserAsync(account.Id, "email_verified = true");

        var user = await account.UserAsync();
        Assert.True(user.GetProperty("is_staff").GetBoolean());
        Assert.Equal("*", Assert.Single(user.GetProperty("acls").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task GetCurrentUser_ManyRequests_ReadPostgresOnce()
    {
        using var client = app.CreateClient();
        var account = await client.RegisterAsync();
        await account.UserAsync();

        // Nobody tells the instance: it answers what it has read.
        await using (var connection = new Npgsql.NpgsqlConnection(app.Database))
        {
            await Dapper.SqlMapper.ExecuteAsync(connection, "UPDATE users SET global_name = 'changed behind its back' WHERE id = @id", new { id = long.Parse(account.Id, null) });
        }

        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await account.UserAsync()).GetProperty("global_name").ValueKind);
        await app.ChangeUserAsync(account.Id, "global_name = 'told'");
        Assert.Equal("told", (await account.UserAsync()).Text("global_name"));
    }
}
