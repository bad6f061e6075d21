using System.Collections.Concurrent;
using IdentityAuth.Delivery;
using IdentityAuth.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityAuth.Tests.Delivery;

/// <summary>Messages go out at least once, again after a failure, and never late.</summary>
public sealed class DeliveryWorkerTests(IdentityApp app)
{
    [Fact]
    public async Task DeliveryWorker_ProviderFailsFirst_SendsAgainUnderTheSameId()
    {
        var sender = new Sender { Failures = 1 };
        await using var own = await StartAsync(sender);
        using var client = own.CreateClient();

        var account = await client.RegisterAsync();

        await sender.CountAsync(account.Email, 2);
        Assert.Single(sender.Of(account.Email).Select(one => one.Id).Distinct());
        await GoneAsync(own);
    }

    [Fact]
    public async Task DeliveryWorker_TwoInstances_SendOnce()
    {
        var sender = new Sender();
        await using var own = await StartAsync(sender);
        await using var other = await StartAsync(sender, own);
        using var client = own.CreateClient();

        var accounts = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.RegisterAsync()));

        foreach (var account in accounts)
        {
            await sender.CountAsync(account.Email, 1);
        }

        await GoneAsync(own);
        Assert.All(accounts, account => Assert.Single(sender.Of(account.Email)));
    }

    [Fact]
    public async Task DeliveryWorker_Expired_IsNotSent()
    {
        var sender = new Sender();
        using var client = app.CreateClient(); // no worker runs here
        var account = await client.RegisterAsync();
        await app.CountAsync("UPDATE deliveries SET expires_at = now() - interval '1 second' WHERE id = (SELECT max(id::text)::uuid FROM deliveries) RETURNING 1");
        var expired = await app.CountAsync("SELECT count(*) FROM deliveries WHERE expires_at < now()");
        Assert.Equal(1, expired);

        await using var own = await StartAsync(sender, app);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await app.CountAsync("SELECT count(*) FROM deliveries WHERE expires_at < now()") > 0)
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.DoesNotContain(sender.Sent, one => one.To == account.Email);
    }

    private static async Task<IdentityApp> StartAsync(Sender sender, IdentityApp? sameServersAs = null)
        => await IdentityApp.StartAsync(sameServersAs: sameServersAs, configure: services =>
        {
            foreach (var service in services.Where(service => service.ServiceType == typeof(IDeliverySender)).ToList())
            {
                services.Remove(service);
            }

            services.AddSingleton<IDeliverySender>(sender);
            services.AddHostedService<DeliveryWorker>();
        });

    private static async Task GoneAsync(IdentityApp own)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await own.CountAsync("SELECT count(*) FROM deliveries") > 0)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private sealed class Sender : IDeliverySender
    {
        private int _failures;

        public int Failures
        {
            init => _failures = value;
        }

        public ConcurrentQueue<(Guid Id, string To)> Sent { get; } = new();

        public string Channel => Deliveries.Email;

        public IEnumerable<(Guid Id, string To)> Of(string to) => Sent.Where(one => one.To == to);

        public Task SendAsync(Guid id, DeliveryContent content, CancellationToken cancellationToken)
        {
            Sent.Enqueue((id, content.To));
            return Interlocked.Decrement(ref _failures) >= 0 ? throw new DeliveryException("The provider is away.") : Task.CompletedTask;
        }

        public async Task CountAsync(string to, int count)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (Of(to).Count() < count)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }
}
