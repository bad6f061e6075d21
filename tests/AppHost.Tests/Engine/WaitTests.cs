using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace AppHost.Tests.Engine;

public sealed class WaitTests
{
    [Fact]
    public async Task WaitFor_DependencyFails_WaiterFailsToStartAndSaysWhy()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        var broken = builder.AddExecutable("broken", "/no/such/program", ".");
        builder.AddExecutable("waiter", "/bin/sleep", ".", "600").WaitFor(broken);
        await using var application = await builder.StartAsync(limit.Token);

        var failed = await application.ResourceNotifications.WaitForResourceAsync(
            "waiter", e => e.Snapshot.State?.Text == KnownResourceStates.FailedToStart, limit.Token);

        Assert.Contains("broken", failed.Snapshot.Reason, StringComparison.Ordinal);
        Assert.Null(failed.Snapshot.ProcessId);
    }

    [Fact]
    public async Task WaitForCompletion_OtherExitCode_WaiterFailsToStart()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        var job = builder.AddExecutable("job", "/bin/sh", ".", "-c", "exit 4");
        builder.AddExecutable("waiter", "/bin/sleep", ".", "600").WaitForCompletion(job);
        await using var application = await builder.StartAsync(limit.Token);

        var state = await application.ResourceNotifications.WaitForResourceAsync(
            "waiter", [KnownResourceStates.Running, KnownResourceStates.FailedToStart], limit.Token);

        Assert.Equal(KnownResourceStates.FailedToStart, state);
    }

    [Fact]
    public async Task WaitForCompletion_ExpectedExitCode_WaiterRuns()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        var job = builder.AddExecutable("job", "/bin/sh", ".", "-c", "exit 4");
        builder.AddExecutable("waiter", "/bin/sleep", ".", "600").WaitForCompletion(job, exitCode: 4);
        await using var application = await builder.StartAsync(limit.Token);

        var state = await application.ResourceNotifications.WaitForResourceAsync(
            "waiter", [KnownResourceStates.Running, KnownResourceStates.FailedToStart], limit.Token);

        Assert.Equal(KnownResourceStates.Running, state);
    }

    [Fact]
    public async Task WaitFor_ServiceNotHealthyYet_WaiterStartsAfterIt()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        var service = builder.AddProject<SampleProject>("service", launchProfileName: null).WithHttpEndpoint().WithHttpHealthCheck("/health");
        builder.AddExecutable("waiter", "/bin/sleep", ".", "600").WaitFor(service);
        var application = builder.Build();
        await using var _ = application;
        var order = new List<string>();
        var watching = Task.Run(async () =>
        {
            await foreach (var change in application.ResourceNotifications.WatchAsync(limit.Token))
            {
                if (change.Resource.Name == "service" && change.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy)
                {
                    order.Add("service is healthy");
                }

                if (change.Resource.Name == "waiter" && change.Snapshot.State?.Text == KnownResourceStates.Waiting)
                {
                    order.Add("waiter waits");
                }

                if (change.Resource.Name == "waiter" && change.Snapshot.State?.Text == KnownResourceStates.Running)
                {
                    order.Add("waiter runs");
                    return;
                }
            }
        }, limit.Token);

        await application.StartAsync(limit.Token);
        await watching;

        Assert.Equal(["waiter waits", "service is healthy", "waiter runs"], order.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WaitForResourceHealthy_ResourceFailed_ThrowsInsteadOfWaiting()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        builder.AddExecutable("broken", "/no/such/program", ".");
        await using var application = await builder.StartAsync(limit.Token);

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => application.ResourceNotifications.WaitForResourceHealthyAsync("broken", limit.Token));

        Assert.Contains("/no/such/program", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitForResourceHealthy_UnknownName_Refused()
    {
        using var limit = Stack.Limit();
        await using var application = await Stack.Builder().StartAsync(limit.Token);

        await Assert.ThrowsAsync<ArgumentException>(() => application.ResourceNotifications.WaitForResourceHealthyAsync("nobody", limit.Token));
    }

    [Fact]
    public async Task ExplicitStart_NobodySaysSo_StaysNotStarted()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        builder.AddExecutable("job", "/bin/sleep", ".", "600").WithExplicitStart();
        var other = builder.AddExecutable("other", "/bin/sleep", ".", "600");
        await using var application = await builder.StartAsync(limit.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync(other.Resource.Name, limit.Token);

        Assert.True(application.ResourceNotifications.TryGetCurrentState("job", out var state));
        Assert.Equal(KnownResourceStates.NotStarted, state!.Snapshot.State!.Text);
        Assert.True((await application.ResourceCommands.ExecuteCommandAsync("job", KnownResourceCommands.StartCommand, limit.Token)).Success);
        await application.ResourceNotifications.WaitForResourceAsync("job", KnownResourceStates.Running, limit.Token);
    }
}
