namespace Campaigns.Tests.Faults.Loads;

/// <summary>
/// What clients of one service do, and how to account for it afterwards. Every class that implements this is found by itself and made
/// with its parameterless constructor.
/// </summary>
internal interface IServiceLoad
{
    /// <summary>The service's name in the app model.</summary>
    string Service { get; }

    /// <summary>Before the first fault: tenants, taps on events.</summary>
    Task PrepareAsync(LoadContext context);

    /// <summary>
    /// One story of a client from its beginning to its end, whatever happens on the way. A request that got no answer or a 5xx may be
    /// repeated; every other answer counts.
    /// </summary>
    Task RunAsync(LoadContext context, Random random);

    /// <summary>Requests that change nothing and are answered with success for as long as the test lasts.</summary>
    Task<IReadOnlyList<Func<HttpRequestMessage>>> ReadsAsync(LoadContext context);

    /// <summary>Sends again what was accepted once; it must not be accepted a second time, whatever the platform has lost since.</summary>
    Task ReplayAsync(LoadContext context);

    /// <summary>After the last fault: compares what was acknowledged with rows and events, and says what is wrong in the ledger.</summary>
    /// <returns>Rows of the summary: what was counted, and how many.</returns>
    Task<IReadOnlyList<(string What, long Count)>> AccountAsync(LoadContext context);
}

internal static class EveryLoad
{
    public static IReadOnlyList<IServiceLoad> All()
        =>
        [
            .. typeof(IServiceLoad).Assembly.GetTypes()
                .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IServiceLoad)))
                .Select(type => (IServiceLoad)Activator.CreateInstance(type)!),
        ];
}

/// <summary>What loads work with.</summary>
internal sealed class LoadContext(SignedInPlatform platform, Outages outages, RequestLedger ledger, Mailroom mailroom)
{
    /// <summary>For what happens behind the answers, such as a mail or a signature; only time in which nothing is away counts.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    public SignedInPlatform Platform => platform;

    public Outages Outages => outages;

    public RequestLedger Ledger => ledger;

    public Mailroom Mailroom => mailroom;

    /// <summary>Whether what follows from something at that time should have happened by now.</summary>
    public bool IsOverdue(DateTimeOffset since) => outages.WellTime(since, DateTimeOffset.UtcNow) > Machine.Stretch(Patience);

    /// <summary>The text of the first message for a recipient that says something; <see langword="null"/>, and a fault, when it does not come.</summary>
    public async Task<string?> ReadMailAsync(string recipient, string saying = "")
    {
        for (var since = DateTimeOffset.UtcNow; !IsOverdue(since);)
        {
            try
            {
                return await mailroom.ReadAsync(recipient, Look, saying);
            }
            catch (TimeoutException)
            {
                // An outage is no reason to give up.
            }
        }

        ledger.AddFault($"no mail for {recipient} that says '{saying}'");
        return null;
    }

    public HttpClient NewClient() => ledger.NewClient(platform.Gateway);
}

/// <summary>How a request ended, as its client knows it.</summary>
internal enum Outcome
{
    /// <summary>Done: it has to stay so.</summary>
    Acknowledged,

    /// <summary>A 4xx: nothing has happened.</summary>
    Refused,

    /// <summary>A 5xx or no answer: it may have happened or not.</summary>
    Unknown,
}
