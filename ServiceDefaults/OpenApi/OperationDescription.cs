using Microsoft.AspNetCore.Builder;
using Microsoft.OpenApi;

namespace ServiceDefaults.OpenApi;

/// <summary>
/// What an operation says about itself. Not the framework's own <c>Accepts</c>: that one also refuses requests, with 415, before the token is
/// looked at.
/// </summary>
public static class OperationDescription
{
    private const string Json = "application/json";

    /// <summary>The request's body.</summary>
    public static RouteHandlerBuilder Takes<TRequest>(this RouteHandlerBuilder route, bool isRequired = true)
        => route.WithMetadata(new DescribedBody(typeof(TRequest), isRequired));

    /// <summary>A good answer.</summary>
    public static RouteHandlerBuilder Answers<TResponse>(this RouteHandlerBuilder route, int status, string description, string contentType = Json)
        => route.WithMetadata(new DescribedAnswer(status, typeof(TResponse), description, contentType));

    /// <summary>A good answer without body.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder route, int status, string description)
        => route.WithMetadata(new DescribedAnswer(status, null, description, Json));

    /// <summary>The ways in which the operation refuses, in the order in which they are found, beside those of its group and the one that every operation has.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder route, params IReadOnlyList<IDescribedRefusal> refusals)
        where TBuilder : IEndpointConventionBuilder
        => route.WithMetadata(new DescribedRefusals(refusals));

    /// <summary>A parameter in the path.</summary>
    public static TBuilder HasParameter<TBuilder>(this TBuilder route, string name, string description, JsonSchemaType type = JsonSchemaType.String)
        where TBuilder : IEndpointConventionBuilder
        => route.WithMetadata(new DescribedParameter(ParameterLocation.Path, name, description, type));

    /// <summary>A parameter in the query.</summary>
    public static RouteHandlerBuilder HasQuery(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new DescribedParameter(ParameterLocation.Query, name, description, JsonSchemaType.String));

    /// <summary>A header that the operation reads.</summary>
    public static RouteHandlerBuilder HasHeader(this RouteHandlerBuilder route, string name, string description)
        => route.WithMetadata(new DescribedParameter(ParameterLocation.Header, name, description, JsonSchemaType.String));

    /// <summary>The way to authenticate, by its name in <see cref="DescribedApi.SecuritySchemes"/>; the last one said counts.</summary>
    public static TBuilder IsSecuredBy<TBuilder>(this TBuilder route, string scheme)
        where TBuilder : IEndpointConventionBuilder
        => route.WithMetadata(new DescribedSecurity(scheme));
}

internal sealed record DescribedBody(Type Type, bool IsRequired);

/// <param name="Type">What is answered; <see langword="null"/> for an answer without body.</param>
internal sealed record DescribedAnswer(int Status, Type? Type, string Description, string ContentType);

internal sealed record DescribedRefusals(IReadOnlyList<IDescribedRefusal> Refusals);

internal sealed record DescribedParameter(ParameterLocation In, string Name, string Description, JsonSchemaType Type);

internal sealed record DescribedSecurity(string Scheme);
