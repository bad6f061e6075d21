using MassTransit;

namespace Conventions.Tests;

/// <summary>Every operation and every consumer has the shape that a reader of another service expects.</summary>
public sealed class OperationTests
{
    [Theory]
    [ClassData(typeof(EveryService))]
    public void Features_EveryFile_IsOneOperation(Service service)
    {
        var operations = Operations.Of(service).Select(type => type.Name).ToHashSet(StringComparer.Ordinal);
        var files = Directory.EnumerateFiles(Repository.At($"{service.Path}/Features"), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetFileNameWithoutExtension(file)!)
            .ToHashSet(StringComparer.Ordinal);

        Assert.Equal(files.Order(StringComparer.Ordinal), operations.Order(StringComparer.Ordinal));
        Assert.NotEmpty(operations);
    }

    [Theory]
    [ClassData(typeof(EveryService))]
    public void Messages_EveryConsumer_HasADefinitionOrObserves(Service service)
    {
        var types = service.Assembly.GetTypes();
        var undefined = types
            .Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IConsumer).IsAssignableFrom(type))
            .Where(type => !type.Name.EndsWith("Observer", StringComparison.Ordinal))
            .Where(consumer => !types.Any(type => typeof(IConsumerDefinition<>).MakeGenericType(consumer).IsAssignableFrom(type)));

        Assert.Empty(undefined);
    }
}
