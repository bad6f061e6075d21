using System.Diagnostics;
using System.Globalization;
using System.Text;
using Campaigns.Tests.BadInput.Insiders;
using Campaigns.Tests.Families;
using Campaigns.Tests.Http;

namespace Campaigns.Tests.BadInput;

/// <summary>
/// Every operation of every OpenAPI document that the gateway serves gets wrong input. Whatever it is: no 5xx, every error in the shape
/// of its API family, a correlation id on every answer, and an answer within 10 s.
/// </summary>
[Trait(Campaign.Category, Campaign.Slow)]
public sealed class BadInputCampaign(CampaignPlatform platform, ITestOutputHelper output)
{
    private const int Parallelism = 6;

    /// <summary>Requests on one connection, all from one address: below every limit per address.</summary>
    private const int RequestsPerAddress = 40;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task EveryOperation_WrongInput_IsRefusedInTheShapeOfItsFamily()
    {
        using var client = Caller.New(platform.Gateway);
        var operations = (await ApiDocument.ReadAllAsync(client)).SelectMany(document => document.Operations).ToList();
        Assert.NotEmpty(operations);
        var insiders = EveryInsider.All();
        foreach (var insider in insiders.Where(insider => operations.Exists(operation => operation.Service == insider.Service)))
        {
            await insider.PrepareAsync(platform);
        }

        var report = new BadInputReport();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Campaign.Requests).Chunk(RequestsPerAddress),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism },
            async (numbers, _) => await SendAllAsync(numbers, operations, insiders, report));
        foreach (var disposable in insiders.OfType<IDisposable>())
        {
            disposable.Dispose();
        }

        await Reports.WriteAsync(output, report.ToString());
        Assert.True(report.IsClean, report.ToString());
        Assert.True(report.Total >= Campaign.Requests);
    }

    [Fact]
    public async Task EveryDocument_Paths_AreThoseAtTheGateway()
    {
        using var client = Caller.New(platform.Gateway);

        var elsewhere = (await ApiDocument.ReadAllAsync(client)).SelectMany(document => document.Operations)
            .Where(operation => ApiFamilies.Of(operation.Path).All(family => family.Name != operation.Service))
            .Select(operation => $"{operation.Service}: {operation}");

        Assert.Empty(elsewhere);
    }

    private async Task SendAllAsync(int[] numbers, List<Operation> operations, IReadOnlyList<IInsider> insiders, BadInputReport report)
    {
        var address = LoopbackAddresses.Next();
        RawConnection? connection = null;
        foreach (var number in numbers)
        {
            // Every request depends on the seed and its number alone, but for keys and ids that are new each time.
            var random = new Random(HashCode(Campaign.Seed, number));
            var operation = operations[number % operations.Count];
            var draft = await DraftAsync(operation, insiders.FirstOrDefault(insider => insider.Service == operation.Service), random);
            var request = draft.ToRequest();

            var reused = connection is { IsOpen: true };
            if (connection is not { IsOpen: true })
            {
                connection?.Dispose();
                connection = await RawConnection.OpenAsync(platform.Gateway, address);
            }

            var started = Stopwatch.GetTimestamp();
            RawAnswer? answer = null;
            try
            {
                answer = await connection.SendAsync(request, Limit);
                if (answer is null && reused)
                {
                    // The server may end a kept connection at any time; then the request was not read (RFC 9112 §9.3.1).
                    connection.Dispose();
                    connection = await RawConnection.OpenAsync(platform.Gateway, address);
                    answer = await connection.SendAsync(request, Limit);
                }

                foreach (var fault in Judgement.FaultsOf(draft, request, answer))
                {
                    report.AddFault(number, draft, fault, answer is null ? null : Summary(answer));
                }
            }
            catch (Exception exception) when (exception is TimeoutException or InvalidDataException)
            {
                report.AddFault(number, draft, exception.Message, answer: null);
                connection.Dispose();
                connection = null;
            }

            report.Add(number, draft, answer?.Status, Stopwatch.GetElapsedTime(started));
        }

        connection?.Dispose();
    }

    private static async Task<RequestDraft> DraftAsync(Operation operation, IInsider? insider, Random random)
    {
        var draft = new RequestDraft { Operation = operation, Method = operation.Method };
        foreach (var parameter in operation.Parameters)
        {
            var value = Specimen.Plain(operation.Document, parameter.Schema, random);
            switch (parameter.In)
            {
                case "path":
                    draft.PathValues[parameter.Name] = Uri.EscapeDataString(value);
                    break;
                case "query" when parameter.Required || random.Chance(0.7):
                    draft.Query.Add((parameter.Name, Uri.EscapeDataString(value)));
                    break;
                case "header" when parameter.Required || random.Chance(0.7):
                    draft.Headers.Add((parameter.Name, value));
                    break;
            }
        }

        if (operation.MediaTypes.Count > 0)
        {
            draft.MediaType = random.Pick(operation.MediaTypes);
            if (operation.Body is { } schema)
            {
                draft.Members = Specimen.Members(operation.Document, schema, random);
            }

            if (draft.Members is not { Count: > 0 })
            {
                draft.Members = null;
                draft.Body = Encoding.UTF8.GetBytes(Specimen.Plain(operation.Document, operation.Body, random));
            }
        }

        if (random.Chance(0.85) && insider is not null)
        {
            await insider.FillInAsync(draft, random);
        }

        Spoilers.Apply(draft, random);
        return draft;
    }

    // Not System.HashCode, which differs from process to process.
    private static int HashCode(int seed, int number) => unchecked((seed * 486_187_739) + (number * 16_777_619) + 17);

    private static string Summary(RawAnswer answer)
    {
        var body = Encoding.UTF8.GetString(answer.Body);
        return string.Create(CultureInfo.InvariantCulture, $"{answer.Status} {answer.MediaType} {(body.Length > 200 ? body[..200] + "…" : body)}");
    }
}
