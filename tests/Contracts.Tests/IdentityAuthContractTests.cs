using System.Text.Json;
using IdentityAuth.Contracts.V1;

namespace Contracts.Tests;

/// <summary>Pins what identity-auth puts on the wire; see <see cref="PairingContractTests"/>.</summary>
public sealed class IdentityAuthContractTests
{
    private const string User = "\"userId\":\"1547000000000000000\"";
    private const string Hash = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
    private const string At = "\"occurredAt\":\"2026-01-01T00:00:00+00:00\"";

    /// <summary>Message name and a sample, member by member.</summary>
    public static TheoryData<Type, string, string> Samples => new()
    {
        { typeof(UserRegistered), "IdentityAuth.Contracts.V1:UserRegistered", $$"""{{{User}},"inviteCode":"abc",{{At}}}""" },
        { typeof(UserUpdated), "IdentityAuth.Contracts.V1:UserUpdated", $$"""{{{User}},"fields":["email","verified"],{{At}}}""" },
        { typeof(UserDeleted), "IdentityAuth.Contracts.V1:UserDeleted", $$"""{{{User}},{{At}}}""" },
        { typeof(SessionCreated), "IdentityAuth.Contracts.V1:SessionCreated", $$"""{{{User}},"idHash":"{{Hash}}","method":"password","inviteCode":"abc",{{At}}}""" },
        { typeof(SessionsRevoked), "IdentityAuth.Contracts.V1:SessionsRevoked", $$"""{{{User}},"idHashes":["{{Hash}}"],"reason":"logout",{{At}}}""" },
        { typeof(SignInFailed), "IdentityAuth.Contracts.V1:SignInFailed", $$"""{"accountKey":"k","ipAddress":"192.0.2.1","reason":"credentials",{{At}}}""" },
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
            typeof(UserRegistered).Assembly.GetExportedTypes().Select(type => type.Name).Order(),
            Samples.Select(row => row.Data.Item1.Name).Order());
}
