using System.Text;
using ScopeSigning.Domain;
using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Domain;

public sealed class TokenAttackTests(ScopeSigningHost host, ITestOutputHelper output)
{
    private const int MutationsInProcess = 120_000;
    private const int MutationsOverHttp = 2_000;

    private static readonly SelfSignedTokenVerifier Verifier =
        new(new IssuerIdentity(ScopeSigningHost.BaseUrl, ScopeSigningHost.Issuer), TimeProvider.System);

    public static TheoryData<string> Names => new(TokenAttacks.All.Keys);

    [Fact]
    public void Attacks_Catalogue_HasAtLeastTwoHundred() => Assert.True(TokenAttacks.All.Count >= 200);

    [Theory]
    [MemberData(nameof(Names))]
    public void Verify_Attack_IsRefused(string name)
    {
        var (token, status) = TokenAttacks.All[name];

        Assert.True(Verifier.Verify(token, AuthentiqIdProfile.Register).IsRefused(out var refusal, out _));
        Assert.Equal(status, refusal.Problem.Status);
    }

    [Fact]
    public void Verify_TokenThatTheAttacksStartFrom_IsAccepted()
    {
        var person = new Identity();

        Assert.False(Verifier.Verify(person.Sign("""{"alg":"EdDSA","typ":"JWT"}""", $$"""{"sub":"{{person.Sub}}"}"""), AuthentiqIdProfile.Register).IsRefused(out _, out _));
    }

    [Fact]
    public async Task RegisterKey_EveryAttackOverHttp_IsRefusedWithItsStatus()
    {
        var api = new Api(host);
        var failures = new List<string>();
        foreach (var chunk in TokenAttacks.All.Chunk(16))
        {
            var answers = await Task.WhenAll(chunk.Select(async attack => (attack.Key, attack.Value.Status, Answer: await api.PostAsync("/key", attack.Value.Token))));
            foreach (var (name, status, answer) in answers)
            {
                // A token that is refused for its first character is read as a wrapping, or is empty after trimming: 400 all the same.
                if (answer.Status != status || answer.Code is not ("bad-request" or "auth-error"))
                {
                    failures.Add($"{name}: {answer.Status} instead of {status}");
                }
            }
        }

        Assert.Empty(failures);
    }

    [Fact]
    public void Verify_MutationsOfValidTokens_NoneIsAccepted()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var mutator = new TokenMutator(seed);
        for (var i = 0; i < MutationsInProcess; i++)
        {
            var token = mutator.Next();
            Assert.True(
                Verifier.Verify(token, AuthentiqIdProfile.Update).IsRefused(out var refusal, out _),
                $"accepted, seed {seed}, number {i}: {token}");
            Assert.True(refusal.Problem.Status is 400 or 401, $"{refusal.Problem.Code}, seed {seed}, number {i}: {token}");
        }
    }

    [Fact]
    public async Task AnyTokenOperation_MutationsOverHttp_NoneIsAcceptedAndNoneIsAFault()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var mutator = new TokenMutator(seed);
        var api = new Api(host);
        string[] paths = ["/key", $"/key/{mutator.Person.Sub}", "/scope", "/login?callback=https%3A%2F%2Fa.example%2F"];
        var done = 0;
        while (done < MutationsOverHttp)
        {
            var batch = Enumerable.Range(0, 20).Select(i => (Path: paths[(done + i) % paths.Length], Token: mutator.Next())).ToList();
            var answers = await Task.WhenAll(batch.Select(async item =>
                (item.Token, Answer: await api.SendAsync(HttpMethod.Post, item.Path, new ByteArrayContent(Encoding.UTF8.GetBytes(item.Token)), "application/jwt"))));
            foreach (var (token, answer) in answers)
            {
                Assert.True(answer.Status is >= 400 and < 500, $"{answer.Status}, seed {seed}: {token}");
                _ = answer.Code;
            }

            done += batch.Count;
        }
    }
}
