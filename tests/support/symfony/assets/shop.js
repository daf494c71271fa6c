import './shop.css';

document.querySelector('h1').addEventListener('click', async () => {
    const { total } = await import('./basket.js');
    document.title = `${total([1, 2, 3])} things`;
});
