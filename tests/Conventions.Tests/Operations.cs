using System.Reflection;
using Microsoft.AspNetCore.Routing;

namespace Conventions.Tests;

/// <summary>One operation is one class in <c>Features</c> with a static method <c>Map</c>; static, unless it is made once and keeps what it needs.</summary>
internal static class Operations
{
    public static IEnumerable<Type> Of(Service service)
        => service.Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith($"{service.Name}.Features", StringComparison.Ordinal) == true)
            .Where(type => type is { IsClass: true, IsSealed: true, IsNested: false } && MapOf(type) is not null);

    public static MethodInfo? MapOf(Type type)
        => type.GetMethod("Map", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic) is { } map
           && map.GetParameters() is [{ ParameterType: var routes }, ..]
           && typeof(IEndpointRouteBuilder).IsAssignableFrom(routes)
            ? map
            : null;
}
