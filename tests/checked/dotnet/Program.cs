// As the template has it: lines for people on the log, a port of its own choice, and a debugger's door left open.
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls("http://+:8080", "http://+:5005");
var app = builder.Build();

app.MapStaticAssets();
app.MapGet("/", () => Results.Content(
    "<!doctype html><title>Shop</title><link rel=stylesheet href=/shop.css><p>It works.", "text/html"));
app.MapGet("/healthz", () => "Healthy");
app.MapGet("/slow", async () =>
{
    await Task.Delay(3000);
    return "done";
});
app.Run();
