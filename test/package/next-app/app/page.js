export default function Page() {
  return <p>birds</p>;
}
