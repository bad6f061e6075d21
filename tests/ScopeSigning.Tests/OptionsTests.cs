using Microsoft.Extensions.Options;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests;

public sealed class OptionsTests(ScopeSigningHost host)
{
    [Theory]
    [InlineData("ScopeSigning:Pepper", "")]
    [InlineData("ScopeSigning:Pepper", "too-short")]
    [InlineData("ScopeSigning:Issuer:KeyEncryptionKey", "")]
    [InlineData("ScopeSigning:Issuer:Id", "https://id.example/")]
    [InlineData("ScopeSigning:Issuer:RotationDays", "0")]
    [InlineData("ScopeSigning:Delivery:Smtp:Host", "")]
    [InlineData("ScopeSigning:Delivery:Smtp:From", "nobody")]
    [InlineData("ScopeSigning:Delivery:PhoneUrl", "/sms")]
    [InlineData("ScopeSigning:Delivery:PushUrl", "")]
    [InlineData("ScopeSigning:Limits:LoginPerSub", "5")]
    [InlineData("ScopeSigning:Ttl:Ready", "00:00:00")]
    [InlineData("ScopeSigning:Scopes:Address:Signer", "built-in")]
    [InlineData("ScopeSigning:Authorities:0:Jwks", "{}")]
    [InlineData("ScopeSigning:TrustedProxies", "gateway")]
    [InlineData("Platform:BaseUrl", "")]
    public async Task Start_SettingMissingOrWrong_FailsWithALineThatNamesIt(string key, string value)
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.CheckSettingsAsync((key, value)));

        var last = key.Split(':')[^1];
        Assert.Contains(exception.Failures, failure => failure.Contains(last, StringComparison.Ordinal) && !failure.Contains(new string('k', 43), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_GoodSettings_AreTaken()
        => await host.CheckSettingsAsync(("ScopeSigning:TrustedProxies", "10.0.0.1, 10.1.0.0/16"));

    [Fact]
    public async Task Start_InsecureCallbacksInProduction_Fails()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.CheckSettingsAsync(("environment", "Production"), ("ScopeSigning:Login:AllowInsecureCallbacks", "true")));

        Assert.Contains(exception.Failures, failure => failure.Contains("AllowInsecureCallbacks", StringComparison.Ordinal));
    }
}
