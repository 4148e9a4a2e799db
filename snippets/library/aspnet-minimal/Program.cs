// From settings to a server: what is read, what there is, and
// what a request passes through, in its order.

using System.Net.Sockets;
using App;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.HttpOverrides;

if (args is ["probe"])
{
    return await Probe.Run(Environment.GetEnvironmentVariable("PORT"));
}
var builder = WebApplication.CreateBuilder();
builder.Logging.ToStandardOutput();

Settings settings;
try
{
    Migrations.MustBeThere();
    switch (args)
    {
        case ["migrate"]:
            return await Migrations.Run(Settings.RequiredDatabase(builder.Configuration));
        case ["worker"]:
            return await Worker.Run(Settings.RequiredDatabase(builder.Configuration));
        case ["late"]:
            return await Worker.Late(Settings.RequiredDatabase(builder.Configuration));
    }
    settings = Settings.From(builder.Configuration);
}
catch (Exception error) when (error is SettingsException or FileNotFoundException)
{
    // One line that names the setting. A stack trace
    // would bury it, and might print values.
    Logs.Say(LogLevel.Critical, error.Message);
    return 1;
}

// All addresses. The image says 8080 by ASPNETCORE_HTTP_PORTS, and
// platforms say another one by PORT, which .NET does not read.
if (builder.Configuration["PORT"] is { Length: > 0 } port)
{
    builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, port);
}
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    // Of a whole request. The proxy in front needs the
    // same limit, or it takes what is refused here.
    kestrel.Limits.MaxRequestBodySize = 8 * 1024 * 1024;
    // Longer than the 60 s for which nginx and most load
    // balancers keep an idle connection: theirs closes first.
    kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
});
// Longer than the slowest request (Endpoints.LongestS). By itself
// it is 30 s, after which what is in flight is cut. Give the
// container longer (60 s), or it is killed meanwhile.
builder.Services.Configure<HostOptions>(
    host => host.ShutdownTimeout = TimeSpan.FromSeconds(45));

var seal = new Seal([settings.SecretKey, .. settings.SecretKeyFallbacks]);
var database = new Database(settings.Database);
builder.Services.AddSingleton(settings);
builder.Services.AddSingleton(seal);
builder.Services.AddSingleton(database);
builder.Services.AddSingleton<Sessions>();
builder.Services.AddRazorPages();
builder.Services.AddProblemDetails();
builder.Services.AddExceptionHandler<DatabaseAway>();

// The keys that sign cookies. By themselves they are files in
// the container, and gone with it, or only in memory where it
// cannot write: after each release all visitors are strangers.
var protection = builder.Services.AddDataProtection().SetApplicationName("app");
if (database.Exists)
{
    protection.Services.AddOptions<KeyManagementOptions>().Configure<IServiceProvider>((keys, services) =>
    {
        keys.XmlRepository = new KeysInDatabase(database);
        keys.XmlEncryptor = new SealedKeys(services);
    });
}
else
{
    protection.UseEphemeralDataProtectionProvider();
}

var app = builder.Build();
if (settings.Proxies.Count > 0)
{
    var trusted = new ForwardedHeadersOptions
    {
        ForwardedHeaders = ForwardedHeaders.XForwardedFor
            | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
        // From the last entry back to the first that no proxy
        // of ours has added: who that is, the client cannot say.
        ForwardLimit = null,
    };
    trusted.KnownProxies.Clear();
    trusted.KnownIPNetworks.Clear();
    foreach (var network in settings.Proxies)
    {
        trusted.KnownIPNetworks.Add(network);
    }
    app.UseForwardedHeaders(trusted);
}
app.UseRequestLog();
app.UseSecurityHeaders();
app.UseExceptionHandler();
app.UseStatusCodePages();

// Files of wwwroot, each by a name that holds the hash of its
// content, compressed while the image was built.
app.MapStaticAssets();
app.MapRazorPages().WithStaticAssets();
app.MapProbes();
app.MapUploads();
app.MapApi();
try
{
    await app.RunAsync();
    return 0;
}
catch (Exception error) when (error is IOException or SocketException)
{
    // A port that is taken, or that only root may have. The host
    // has logged it: a stack trace on stderr would be no JSON.
    return 1;
}
