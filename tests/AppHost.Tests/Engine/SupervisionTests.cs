using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local.Engine;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace AppHost.Tests.Engine;

public sealed class SupervisionTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(6, 16)]
    [InlineData(7, 30)]
    [InlineData(1000, 30)]
    public void Delay_EndsInARow_DoublesUpToThirtySeconds(int ends, double seconds)
        => Assert.Equal(TimeSpan.FromSeconds(seconds), RestartPolicy.Delay(ends));

    [Fact]
    public async Task Service_NeverBecomesHealthy_FailsToStartAfterThreeEnds()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder).WithEnvironment("SAMPLE_EXIT_CODE", "7");
        await using var application = await builder.StartAsync(limit.Token);

        var failed = await application.ResourceNotifications.WaitForResourceAsync(
            "sample", e => e.Snapshot.State?.Text == KnownResourceStates.FailedToStart, limit.Token);

        Assert.Equal(7, failed.Snapshot.ExitCode);
        Assert.Contains("3 times", failed.Snapshot.Reason, StringComparison.Ordinal);
        var lines = await application.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync("sample").FirstAsync(limit.Token);
        Assert.Equal(3, lines.Count(l => l.Content == "The sample service ends at once."));
    }

    [Fact]
    public async Task Service_Killed_IsStartedAgainAtTheSameAddress()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder);
        await using var application = await builder.StartAsync(limit.Token);
        var first = await application.ResourceNotifications.WaitForResourceHealthyAsync("sample", limit.Token);
        var address = application.GetEndpoint("sample");

        Process.GetProcessById(first.Snapshot.ProcessId!.Value).Kill();
        var ended = await application.ResourceNotifications.WaitForResourceAsync(
            "sample", e => e.Snapshot.State?.Text == KnownResourceStates.Finished, limit.Token);
        var again = await application.ResourceNotifications.WaitForResourceAsync("sample", e => e.Snapshot is { IsReady: true, Restarts: 1 }, limit.Token);

        Assert.Equal(128 + 9, ended.Snapshot.ExitCode);
        Assert.NotEqual(first.Snapshot.ProcessId, again.Snapshot.ProcessId);
        Assert.Equal(address, application.GetEndpoint("sample"));
    }

    [Fact]
    public async Task Service_EndsWithExitCodeZero_IsStartedAgain()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder);
        await using var application = await builder.StartAsync(limit.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("sample", limit.Token);
        using var client = application.CreateHttpClient("sample");

        await client.PostAsync(new Uri("/exit/0", UriKind.Relative), content: null, limit.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        var again = await application.ResourceNotifications.WaitForResourceAsync("sample", e => e.Snapshot is { IsReady: true, Restarts: 1 }, limit.Token);

        Assert.Equal(KnownResourceStates.Running, again.Snapshot.State!.Text);
    }

    [Fact]
    public async Task Executable_Ends_IsNotStartedAgain()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        builder.AddExecutable("job", "/bin/sh", ".", "-c", "exit 5");
        await using var application = await builder.StartAsync(limit.Token);

        var ended = await application.ResourceNotifications.WaitForResourceAsync(
            "job", e => e.Snapshot.State?.Text == KnownResourceStates.Finished, limit.Token);

        Assert.Equal(5, ended.Snapshot.ExitCode);
        Assert.True(ended.Snapshot.IsFinal);
    }

    [Fact]
    public async Task Service_FallsIllAndRecovers_HealthFollows()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder);
        await using var application = await builder.StartAsync(limit.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("sample", limit.Token);
        using var client = application.CreateHttpClient("sample");

        await client.PostAsync(new Uri("/health/false", UriKind.Relative), content: null, limit.Token);
        var ill = await application.ResourceNotifications.WaitForResourceAsync(
            "sample", e => e.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy, limit.Token);
        await client.PostAsync(new Uri("/health/true", UriKind.Relative), content: null, limit.Token);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("sample", limit.Token);

        Assert.Equal(KnownResourceStates.Running, ill.Snapshot.State!.Text);
        Assert.Equal("GET /health answered 503, not 200.", Assert.Single(ill.Snapshot.HealthReports).Description);
        Assert.Equal("sample_http_/health_200_check", ill.Snapshot.HealthReports[0].Name);
    }

    [Fact]
    public async Task Command_StopStartRestart_DoThat()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder);
        await using var application = await builder.StartAsync(limit.Token);
        var first = await application.ResourceNotifications.WaitForResourceHealthyAsync("sample", limit.Token);

        var stopped = await application.ResourceCommands.ExecuteCommandAsync("sample", KnownResourceCommands.StopCommand, limit.Token);
        Assert.True(application.ResourceNotifications.TryGetCurrentState("sample", out var afterStop));
        var stoppedAgain = await application.ResourceCommands.ExecuteCommandAsync("sample", KnownResourceCommands.StopCommand, limit.Token);
        var started = await application.ResourceCommands.ExecuteCommandAsync(first.ResourceId, KnownResourceCommands.StartCommand, limit.Token);
        var second = await application.ResourceNotifications.WaitForResourceHealthyAsync("sample", limit.Token);
        var restarted = await application.ResourceCommands.ExecuteCommandAsync("sample", KnownResourceCommands.RestartCommand, limit.Token);
        var third = await application.ResourceNotifications.WaitForResourceAsync("sample", e => e.Snapshot is { IsReady: true, Restarts: 1 }, limit.Token);

        Assert.True(stopped.Success);
        Assert.Equal(KnownResourceStates.Finished, afterStop!.Snapshot.State!.Text);
        Assert.False(stoppedAgain.Success);
        Assert.True(started.Success);
        Assert.True(restarted.Success);
        Assert.Equal(3, new[] { first, second, third }.Select(e => e.Snapshot.ProcessId).Distinct().Count());
    }

    [Theory]
    [InlineData("nobody", "start")]
    [InlineData("sample", "jump")]
    public async Task Command_UnknownResourceOrCommand_FailsWithAReason(string resource, string command)
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder);
        await using var application = await builder.StartAsync(limit.Token);

        var result = await application.ResourceCommands.ExecuteCommandAsync(resource, command, limit.Token);

        Assert.False(result.Success);
        Assert.NotEmpty(result.Message!);
    }

    [Fact]
    public async Task Stop_Application_NoProcessIsLeft()
    {
        using var limit = Stack.Limit();
        var builder = Stack.Builder();
        Sample(builder).WithReplicas(2);
        var application = await builder.StartAsync(limit.Token);
        var supervisors = application.Services.GetRequiredService<ApplicationEngine>().Supervisors("sample");
        await application.ResourceNotifications.WaitForResourceHealthyAsync("sample", limit.Token);
        var processes = supervisors.Select(s =>
        {
            application.ResourceNotifications.TryGetCurrentState(s.Instance.Id, out var state);
            return state!.Snapshot.ProcessId!.Value;
        }).ToList();

        await application.DisposeAsync();

        Assert.Equal(2, processes.Count);
        Assert.All(processes, id => Assert.Throws<ArgumentException>(() => Process.GetProcessById(id)));
    }

    [Fact]
    public void Shutdown_Levels_DependentsEndFirstAndServersGetTheRest()
    {
        var builder = Stack.Builder();
        var server = builder.AddRedis("redis");
        var service = Sample(builder).WaitFor(server);
        var gateway = builder.AddProject<SampleProject>("gateway", launchProfileName: null).WaitFor(service);

        Assert.Equal([0, 1, 2], new IResource[] { server.Resource, service.Resource, gateway.Resource }.Select(ShutdownPlan.Level));
        Assert.Equal(TimeSpan.FromSeconds(6), ShutdownPlan.Grace(TimeSpan.FromSeconds(20), level: 2));
        Assert.Equal(TimeSpan.FromSeconds(8), ShutdownPlan.Grace(TimeSpan.FromSeconds(8), level: 0));
        Assert.Equal(TimeSpan.FromSeconds(1), ShutdownPlan.Grace(TimeSpan.FromSeconds(-3), level: 0));
    }

    private static IResourceBuilder<ProjectResource> Sample(IDistributedApplicationBuilder builder)
        => builder.AddProject<SampleProject>("sample", launchProfileName: null).WithHttpEndpoint().WithHttpHealthCheck("/health");
}
