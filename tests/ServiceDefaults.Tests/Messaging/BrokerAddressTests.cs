using ServiceDefaults.Messaging;

namespace ServiceDefaults.Tests.Messaging;

public sealed class BrokerAddressTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(" ")]
    [InlineData("localhost:5672")]
    [InlineData("http://user:s3cr3t@localhost")]
    [InlineData("amqp:///s3cr3t")]
    public void Parse_NoAmqpUri_RefusedWithoutRepeatingIt(string? value)
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => BrokerAddress.Parse(value));

        Assert.Contains("ConnectionStrings:rabbitmq", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://localhost", "localhost", 5672, false, "/", "guest", "guest")]
    [InlineData("amqps://localhost", "localhost", 5671, true, "/", "guest", "guest")]
    [InlineData("amqp://u:p@h:1/", "h", 1, false, "/", "u", "p")]
    [InlineData("amqps://u:p@h:1/v", "h", 1, true, "v", "u", "p")]
    [InlineData("amqp://a%40b:c%3Ad%2Fe@h/a%2Fb", "h", 5672, false, "a/b", "a@b", "c:d/e")]
    [InlineData("amqp://u:p:q@h", "h", 5672, false, "/", "u", "p:q")]
    public void Parse_AmqpUri_ItsParts(string value, string host, int port, bool tls, string virtualHost, string user, string password)
        => Assert.Equal(new BrokerAddress(host, (ushort)port, tls, virtualHost, user, password), BrokerAddress.Parse(value));
}
