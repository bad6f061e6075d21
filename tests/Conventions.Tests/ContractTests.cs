using System.Reflection;
using System.Runtime.CompilerServices;

namespace Conventions.Tests;

/// <summary>Events are plain facts: sealed records in a versioned namespace, with required members and the time they happened.</summary>
public sealed class ContractTests
{
    public static TheoryData<Type> Events
        => new(Service.All.SelectMany(service => Assembly.Load($"{service.Name}.Contracts").GetExportedTypes()).Where(type => type.IsClass));

    [Theory]
    [MemberData(nameof(Events))]
    public void Event_Shape_IsASealedRecordOfRequiredMembers(Type @event)
    {
        Assert.True(@event.IsSealed, "An event is sealed.");
        Assert.NotNull(@event.GetMethod("<Clone>$")); // what makes a class a record
        Assert.Matches(@"^[A-Za-z]+\.Contracts\.V\d+$", @event.Namespace!);
        Assert.Equal(typeof(DateTimeOffset), @event.GetProperty("OccurredAt")?.PropertyType);

        foreach (var property in @event.GetProperties().Where(property => property.Name != "EqualityContract"))
        {
            var optional = new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
            Assert.True(
                optional || property.GetCustomAttribute<RequiredMemberAttribute>() is not null,
                $"{@event.Name}.{property.Name} is neither optional nor required.");
        }
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void Event_MemberNames_DoNotChangeTheEnvelope(Type @event)
    {
        // The bus takes a Guid of one of these names for the correlation id of the message.
        string[] reserved = ["EventId", "CommandId", "CorrelationId"];

        Assert.DoesNotContain(@event.GetProperties(), property => reserved.Contains(property.Name));
    }

    [Theory]
    [MemberData(nameof(Events))]
    public void Event_Name_IsAFactInThePastTense(Type @event)
        => Assert.Matches("^[A-Z][A-Za-z]+(ed|Reset|Sent|Lost|Made)$", @event.Name);
}
