using Dapper;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RabbitMQ.Client;
using ScopeSigning.Messages;
using ScopeSigning.Tests.Support;
using TestSupport;

namespace ScopeSigning.Tests.Messages;

public sealed class DeliveryTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Fact]
    public async Task Delivery_ProviderFailsFourTimes_IsDeliveredByTheFifthTryUnderOneId()
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var tries = 0;
        host.Sinks.Behaviour[phone] = () => Task.FromResult(Interlocked.Increment(ref tries) < 5 ? 500 : 204);

        await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }));
        await host.Sinks.WaitForAsync(phone, 5);
        await GoneAsync(person);

        Assert.Equal(5, host.Sinks.For(phone).Count);
        Assert.Single(host.Sinks.For(phone).Select(message => message.Key).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Delivery_ProviderFailsAlways_FiveTriesAndThenTheErrorQueue()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();
        host.Sinks.Behaviour[email] = () => Task.FromResult(451);
        var before = await ErrorsAsync(DeliverEmailConsumer.Queue);

        await api.PostAsync("/scope", person.Token(new { scope = "email", email }));
        await Eventually.TrueAsync(async () => await ErrorsAsync(DeliverEmailConsumer.Queue) > before, "the dead letter");

        Assert.Equal(5, host.Sinks.For(email).Count);
        Assert.Single(host.Sinks.For(email).Select(message => message.Key).Distinct(StringComparer.Ordinal));
        Assert.Equal(1, await host.CountAsync("SELECT count(*) FROM deliveries WHERE sub = @sub", new { sub = person.Sub }));
    }

    [Fact]
    public async Task Delivery_ProviderHangsUpAlways_FiveTriesAndThenTheErrorQueue()
    {
        // Nothing of ours is away: the causes inside, a broken connection and the like, must not be waited for as an outage.
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        host.Sinks.Behaviour[phone] = () => Task.FromResult(Sinks.HangUp);
        var before = await ErrorsAsync(DeliverToPhoneConsumer.Queue);

        await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }));
        await Eventually.TrueAsync(async () => await ErrorsAsync(DeliverToPhoneConsumer.Queue) > before, "the dead letter");

        Assert.Equal(5, host.Sinks.For(phone).Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task Delivery_ProviderRefusesTheMessage_IsGivenUpAtOnce(int status)
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        host.Sinks.Behaviour[phone] = () => Task.FromResult(status);
        var before = await ErrorsAsync(DeliverToPhoneConsumer.Queue);

        await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }));
        await Eventually.TrueAsync(async () => await ErrorsAsync(DeliverToPhoneConsumer.Queue) > before, "the dead letter");

        Assert.Single(host.Sinks.For(phone));
    }

    [Fact]
    public async Task Delivery_MailServerRefusesForGood_IsGivenUpAtOnce()
    {
        var (person, _) = await api.RegisterAsync();
        var email = Api.NewEmail();
        host.Sinks.Behaviour[email] = () => Task.FromResult(554);
        var before = await ErrorsAsync(DeliverEmailConsumer.Queue);

        await api.PostAsync("/scope", person.Token(new { scope = "email", email }));
        await Eventually.TrueAsync(async () => await ErrorsAsync(DeliverEmailConsumer.Queue) > before, "the dead letter");

        Assert.Single(host.Sinks.For(email));
    }

    [Fact]
    public async Task Delivery_MessagesWaitForTheirNextTry_OthersGoThroughAndTheWaitOutlivesTheInstance()
    {
        // A service of its own whose pauses nobody lives to see.
        var servers = await BackingServers.GetAsync();
        var database = await servers.CreateDatabaseAsync("scope-signing-db");
        (string, string?)[] settings =
        [
            ("ConnectionStrings:scope-signing-db", database),
            ("ConnectionStrings:rabbitmq", await servers.CreateBrokerAsync()),
            ("ScopeSigning:Delivery:RetryPauses", "3600"),
        ];
        var (first, second, third) = (Api.NewPhone(), Api.NewPhone(), Api.NewPhone());
        host.Sinks.Behaviour[first] = host.Sinks.Behaviour[second] = () => Task.FromResult(500);
        await using (var factory = await host.StartInstanceAsync(settings))
        {
            using var client = ScopeSigningHost.ClientOf(factory);
            var own = new Api(host, client);
            var (person, _) = await own.RegisterAsync();

            // As many as the queue has places.
            await own.RequestPhoneAsync(person, first);
            await own.RequestPhoneAsync(person, second);
            await own.RequestPhoneAsync(person, third);
            await Eventually.TrueAsync(async () => await WaitingAsync() == 2, "both wait");
        }

        // Their time comes when there is another instance.
        host.Sinks.Behaviour.TryRemove(first, out _);
        host.Sinks.Behaviour.TryRemove(second, out _);
        await using (var connection = new NpgsqlConnection(database))
        {
            await connection.ExecuteAsync("UPDATE deliveries SET next_try_at = now() WHERE next_try_at IS NOT NULL");
        }

        await using var heir = await host.StartInstanceAsync(settings);
        await host.Sinks.WaitForAsync(first, 2);
        await host.Sinks.WaitForAsync(second, 2);
        await Eventually.TrueAsync(async () => await CountAsync("SELECT count(*) FROM deliveries") == 0, "the messages are over");
        Assert.Equal((2, 2, 1), (host.Sinks.For(first).Count, host.Sinks.For(second).Count, host.Sinks.For(third).Count));

        async Task<long> WaitingAsync() => await CountAsync("SELECT count(*) FROM deliveries WHERE tries = 1 AND next_try_at > now()");

        async Task<long> CountAsync(string sql)
        {
            await using var connection = new NpgsqlConnection(database);
            return await connection.ExecuteScalarAsync<long>(sql);
        }
    }

    [Theory]
    [InlineData(302)]
    [InlineData(408)]
    [InlineData(429)]
    public async Task Delivery_RedirectOrNotNow_IsTriedAgain(int status)
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var tries = 0;
        host.Sinks.Behaviour[phone] = () => Task.FromResult(Interlocked.Increment(ref tries) == 1 ? status : 200);

        await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }));
        await host.Sinks.WaitForAsync(phone, 2);
        await GoneAsync(person);

        Assert.Equal(2, host.Sinks.For(phone).Count);
    }

    [Fact]
    public async Task Delivery_CrashBetweenTheProvidersAnswerAndTheCommit_IsRepeatedUnderTheSameId()
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var crashed = false;
        host.Sinks.Behaviour[phone] = async () =>
        {
            if (!crashed)
            {
                crashed = true;
                await KillTransactionsOfAsync(DeliverToPhoneConsumer.Queue);
            }

            return 200;
        };

        await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }));
        await host.Sinks.WaitForAsync(phone, 2);
        await GoneAsync(person);

        Assert.Single(host.Sinks.For(phone).Select(message => message.Key).Distinct(StringComparer.Ordinal));
        Assert.Single(host.Sinks.For(phone).Select(message => message.Code).Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Delivery_CrashBetweenTheCommitAndTheAcknowledgement_IsNotRepeated()
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var (_, _) = await api.RequestPhoneAsync(person, phone);
        await GoneAsync(person);
        var (messageId, deliveryId) = await OrderOfAsync(phone);

        // What the broker does after such a crash: it hands the same message out again. And the relay after one of its own.
        await RedeliverAsync(new DeliverToPhone { DeliveryId = deliveryId }, messageId);
        await RedeliverAsync(new DeliverToPhone { DeliveryId = deliveryId }, Guid.NewGuid());
        var (other, _) = await api.RequestPhoneAsync(person, Api.NewPhone());

        Assert.NotEmpty(other);
        Assert.Single(host.Sinks.For(phone));
    }

    [Fact]
    public async Task Delivery_JobDeletedWhileTheProviderIsAway_IsNotSentAndTheDeletionDoesNotWait()
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var deleted = new TaskCompletionSource();
        host.Sinks.Behaviour[phone] = async () =>
        {
            await deleted.Task;
            return 500;
        };
        var job = (await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }))).Text("job");
        await host.Sinks.WaitForAsync(phone);

        Assert.Equal(200, (await api.DeleteAsync($"/scope/{job}")).Status);
        deleted.SetResult();
        await api.RequestPhoneAsync(person, Api.NewPhone());

        Assert.Single(host.Sinks.For(phone));
    }

    [Fact]
    public async Task Delivery_SecretOutOfDate_IsNotSent()
    {
        var (person, _) = await api.RegisterAsync();
        var phone = Api.NewPhone();
        var tries = 0;
        host.Sinks.Behaviour[phone] = async () =>
        {
            Interlocked.Increment(ref tries);
            await host.ExecuteAsync("UPDATE deliveries SET expires_at = now() - interval '1 second' WHERE sub = @sub", new { sub = person.Sub });
            return 500;
        };

        await api.PostAsync("/scope", person.Token(new { scope = "phone", phone }));
        await GoneAsync(person);

        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task Signing_RedeliveredOrders_SignOnce()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());
        await api.ConfirmAsync(job, new { code = message.Code });
        var token = await api.WaitForTokenAsync(job);
        await using var connection = new NpgsqlConnection(host.Database);
        var reference = await connection.ExecuteScalarAsync<Guid>("SELECT id FROM jobs WHERE sub = @sub", new { sub = person.Sub });

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RedeliverAsync(new SignJob { JobReference = reference }, Guid.NewGuid())));
        await api.SignedPhoneAsync(person, Api.NewPhone());

        Assert.Equal(token, await api.WaitForTokenAsync(job));
        Assert.Equal(2, await host.EventsAsync("ScopeSigned", person.Sub));
    }

    [Fact]
    public async Task Signing_TwoInstancesAndManyJobs_EachIsSignedOnce()
    {
        await using var second = await host.StartInstanceAsync();
        var people = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ => (await api.RegisterAsync()).Person));

        var tokens = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => api.SignedPhoneAsync(people[i % 10], Api.NewPhone())));

        Assert.Equal(60, tokens.Distinct(StringComparer.Ordinal).Count());
        foreach (var person in people)
        {
            Assert.Equal(6, await host.EventsAsync("ScopeSigned", person.Sub));
        }
    }

    [Fact]
    public async Task Worker_KilledAgainAndAgainUnderLoad_LosesNothingAndSignsEachJobOnce()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ => (await api.RegisterAsync()).Person));
        var phones = Enumerable.Range(0, 120).Select(_ => Api.NewPhone()).ToList();
        var work = Task.CompletedTask;
        for (var round = 0; round < 3; round++)
        {
            using var worker = await host.StartProcessAsync();
            var batch = phones.Skip(round * 40).Take(40).ToList();
            var signed = 0;
            var running = Task.WhenAll(batch.Select(async (phone, i) =>
            {
                await api.SignedPhoneAsync(people[i % 12], phone);
                Interlocked.Increment(ref signed);
            }));

            // In the middle of the work: some of it is done, the rest is in queues, transactions and on its way to providers.
            await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref signed) >= 5), "the work has begun");
            worker.Kill();
            await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
            work = Task.WhenAll(work, running);
        }

        await work;

        // Every job came through. A message may be repeated by such a crash, under the same id and with the same code.
        foreach (var phone in phones)
        {
            Assert.Single(host.Sinks.For(phone).Select(message => (message.Key, message.Code)).Distinct());
        }

        foreach (var person in people)
        {
            Assert.Equal(
                await host.CountAsync("SELECT count(*) FROM jobs WHERE sub = @sub AND state = 'ready'", new { sub = person.Sub }),
                await host.EventsAsync("ScopeSigned", person.Sub));
        }
    }

    [Fact]
    public async Task Messages_OnTheBus_HoldAnIdAndNothingElse()
        => Assert.Equal(
            0,
            await host.CountAsync(
                """
                SELECT count(*) FROM outbox
                WHERE (type LIKE '%Deliver%' AND (SELECT array_agg(k) FROM json_object_keys(body) k) <> ARRAY['deliveryId'])
                   OR (type LIKE '%SignJob' AND (SELECT array_agg(k) FROM json_object_keys(body) k) <> ARRAY['jobReference'])
                """));

    private static async Task<uint> ErrorsAsync(string queue)
    {
        var servers = await BackingServers.GetAsync();
        await using var connection = await new ConnectionFactory { Uri = new Uri(servers.RabbitMQ) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        try
        {
            return (await channel.QueueDeclarePassiveAsync($"{queue}_error")).MessageCount;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return 0; // Made with its first message.
        }
    }

    private async Task GoneAsync(Identity person)
        => await Eventually.TrueAsync(async () => await host.CountAsync("SELECT count(*) FROM deliveries WHERE sub = @sub", new { sub = person.Sub }) == 0, "the message is over");

    /// <summary>Ends the connection of the consumer that is inside its transaction: what a kill -9 does to it.</summary>
    private async Task KillTransactionsOfAsync(string queue)
    {
        _ = queue;
        await host.ExecuteAsync(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'idle in transaction' AND query LIKE '%FROM deliveries WHERE id%'
            """);
    }

    private async Task<(Guid MessageId, Guid DeliveryId)> OrderOfAsync(string phone)
    {
        var deliveryId = Guid.Parse(host.Sinks.For(phone).Single().Key);
        await using var connection = new NpgsqlConnection(host.Database);
        var messageId = await connection.ExecuteScalarAsync<Guid>(
            "SELECT message_id FROM outbox WHERE body->>'deliveryId' = @id", new { id = deliveryId.ToString() });
        return (messageId, deliveryId);
    }

    private async Task RedeliverAsync<T>(T message, Guid messageId)
        where T : class
        => await host.Services.GetRequiredService<IBus>().Publish(message, context => context.MessageId = messageId);
}
