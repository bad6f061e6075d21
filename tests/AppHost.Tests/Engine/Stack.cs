using Aspire.Hosting;

namespace AppHost.Tests.Engine;

/// <summary>A small application on the default engine, gone with the test.</summary>
internal static class Stack
{
    /// <summary>Longer than any step of a test takes, also on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static IDistributedApplicationBuilder Builder(params string[] args)
        => DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = ["--ephemeral=true", .. args], DisableDashboard = true });

    public static CancellationTokenSource Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        return limit;
    }

    public static async Task<DistributedApplication> StartAsync(this IDistributedApplicationBuilder builder, CancellationToken cancellationToken)
    {
        var application = builder.Build();
        try
        {
            await application.StartAsync(cancellationToken);
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }
}
