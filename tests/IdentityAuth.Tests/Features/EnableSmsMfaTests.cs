using IdentityAuth.Tests.Infrastructure;

namespace IdentityAuth.Tests.Features;

public sealed class EnableSmsMfaTests(FactorsApp app) : IClassFixture<FactorsApp>
{
    private const string Path = "/v1/users/@me/mfa/sms/enable";

    [Fact]
    public async Task EnableSmsMfa_AppAndPhone_IsAFactorAndGivesNoSudoToken()
    {
        var person = await (await Person.RegisterAsync(app)).WithTotpAsync();
        await person.WithPhoneAsync();

        using var response = await person.PostAsync(Path, person.Sudo());

        await response.AssertNoContentAsync();
        Assert.False(response.Headers.Contains("X-Fluxer-Sudo-Mode-JWT"));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Equal([0, 1], (await person.MeAsync()).GetProperty("authenticator_types").EnumerateArray().Select(type => type.GetInt32()));
        using var login = await person.LogInAsync();
        var step = await login.JsonAsync(200);
        Assert.Equal(["totp", "sms"], step.GetProperty("allowed_methods").EnumerateArray().Select(method => method.GetString()));
        Assert.Matches(@"^\*{4}[0-9]{4}$", step.Text("sms_phone_hint"));
    }

    [Fact]
    public async Task EnableSmsMfa_WhatItNeedsIsMissing_IsRefusedInOrder()
    {
        var person = await Person.RegisterAsync(app);
        using var noApp = await person.PostAsync(Path, person.Sudo());
        await noApp.AssertProblemAsync(400, "SMS_MFA_REQUIRES_TOTP");

        await person.WithTotpAsync();
        using var noPhone = await person.PostAsync(Path, person.Sudo());
        await noPhone.AssertProblemAsync(400, "PHONE_REQUIRED_FOR_SMS_MFA");
    }

    [Fact]
    public async Task EnableSmsMfa_NoProvider_IsRefused()
    {
        await using var own = await FactorsApp.StartAsync(new Dictionary<string, string?> { ["IdentityAuth:Sms:Url"] = "" });
        var person = await (await Person.RegisterAsync(own)).WithTotpAsync();
        await own.App.ChangeUserAsync(person.UserId, "phone = '+4930999'");

        using var response = await person.PostAsync(Path, person.Sudo());

        await response.AssertProblemAsync(400, "SMS_VERIFICATION_UNAVAILABLE");
    }

    [Fact]
    public async Task EnableSmsMfa_WithoutProof_IsRefused()
    {
        using var response = await (await Person.RegisterAsync(app)).PostAsync(Path);

        await response.AssertProblemAsync(403, "SUDO_MODE_REQUIRED");
    }
}
