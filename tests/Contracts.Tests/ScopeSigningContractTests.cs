using System.Text.Json;
using ScopeSigning.Contracts.V1;

namespace Contracts.Tests;

/// <summary>Pins what scope-signing puts on the wire; see <see cref="PairingContractTests"/>.</summary>
public sealed class ScopeSigningContractTests
{
    private const string Key = "\"sub\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"";
    private const string Job = "\"jobReference\":\"0b0f1cf7-5c62-4c28-9a2e-0d6fb0a5a001\"," + Key + ",\"scope\":\"email\",\"test\":false";
    private const string At = "\"occurredAt\":\"2026-01-01T00:00:00+00:00\"";
    private const string Until = "\"expiresAt\":\"2026-01-01T01:00:00+00:00\"";

    /// <summary>Message name and a sample, member by member.</summary>
    public static TheoryData<Type, string, string> Samples => new()
    {
        { typeof(SigningKeyRegistered), "ScopeSigning.Contracts.V1:SigningKeyRegistered", $$"""{{{Key}},{{At}}}""" },
        { typeof(SigningKeyRevoked), "ScopeSigning.Contracts.V1:SigningKeyRevoked", $$"""{{{Key}},"method":"secret",{{At}}}""" },
        { typeof(ScopeRequested), "ScopeSigning.Contracts.V1:ScopeRequested", $$"""{{{Job}},{{Until}},{{At}}}""" },
        { typeof(ScopeConfirmed), "ScopeSigning.Contracts.V1:ScopeConfirmed", $$"""{{{Job}},{{At}}}""" },
        { typeof(ScopeSigned), "ScopeSigning.Contracts.V1:ScopeSigned", $$"""{{{Job}},"issuer":"https://id.example/scope-signing",{{Until}},{{At}}}""" },
        { typeof(PushLoginRequested), "ScopeSigning.Contracts.V1:PushLoginRequested", $$"""{{{Key}},{{Until}},{{At}}}""" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Event_Name_IsPinned(Type type, string name, string sample)
    {
        Assert.NotEmpty(sample);
        Assert.Equal(name, $"{type.Namespace}:{type.Name}");
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Event_Sample_ReadsAndWritesTheSame(Type type, string name, string sample)
    {
        Assert.NotEmpty(name);
        var message = JsonSerializer.Deserialize(sample, type, JsonSerializerOptions.Web);

        Assert.Equal(sample, JsonSerializer.Serialize(message, type, JsonSerializerOptions.Web));
    }

    [Fact]
    public void Event_EveryOne_HasASample()
        => Assert.Equal(
            typeof(SigningKeyRegistered).Assembly.GetExportedTypes().Select(type => type.Name).Order(),
            Samples.Select(row => row.Data.Item1.Name).Order());
}
